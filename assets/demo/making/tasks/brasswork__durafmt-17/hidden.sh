cargo test -q --test hidden --test format
