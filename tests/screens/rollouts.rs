//! Invented rollouts on invented tasks, small enough to read.

use rollscope::library::Summary;
use rollscope::trajectory::{Part, Patch, Trajectory, Turn};
use serde_json::json;

const PATCH: &str = "\
diff --git a/tide/clock.py b/tide/clock.py
index 1111111..2222222 100644
--- a/tide/clock.py
+++ b/tide/clock.py
@@ -8,6 +8,6 @@ class Clock:
     def advance(self, minutes):
         \"\"\"Moves the clock on.\"\"\"
-        self.minutes = self.minutes + minutes
+        self.minutes = (self.minutes + minutes) % DAY
         return self
 
     def __str__(self):
@@ -21,2 +21,5 @@ class Clock:
     def midnight(cls):
         return cls(0)
+
+    def copy(self):
+        return Clock(self.minutes)
diff --git a/tests/test_clock.py b/tests/test_clock.py
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/tests/test_clock.py
@@ -0,0 +1,4 @@
+from tide.clock import Clock
+
+def test_wraps():
+    assert str(Clock(1439).advance(2)) == \"00:01\"
";

/// Two tasks: four candidates on the first, two on the second.
pub fn rollouts() -> Vec<(Summary, Trajectory)> {
    let of = |task: &str, run: &str, resolved, turns: Vec<Turn>, patch: &str| {
        let id = format!("{task}/{run}.json");
        let trajectory = Trajectory {
            id: id.clone(),
            task_id: task.into(),
            run: run.into(),
            turns,
            patch: Some(Patch::given(patch)),
            ..Trajectory::default()
        };
        let lines = |sign: &str, head: &str| {
            patch.lines().filter(|line| line.starts_with(sign) && !line.starts_with(head)).count()
        };
        let summary = Summary {
            id,
            task_id: task.into(),
            run: run.into(),
            resolved,
            turns: trajectory.turns.len(),
            loops: trajectory.loops(),
            patch_files: Some(patch.matches("diff --git").count()),
            patch_added: Some(lines("+", "+++")),
            patch_removed: Some(lines("-", "---")),
            input_tokens: Some(30_400),
            output_tokens: Some(812),
            cost_usd: Some(0.42),
            exit_status: Some("submitted".into()),
            ..Summary::default()
        };
        (summary, trajectory)
    };
    vec![
        of("tidekit__clock-41", "run-a", Some(true), careful(), PATCH),
        of("tidekit__clock-41", "run-b", Some(false), hasty(), &PATCH[..PATCH.find("@@ -21").unwrap()]),
        of("tidekit__clock-41", "run-c", Some(false), circling(), ""),
        of("tidekit__clock-41", "run-d", None, hasty(), PATCH),
        of("larder__shelf-118", "run-a", Some(true), careful(), PATCH),
        of("larder__shelf-118", "run-b", Some(true), hasty(), PATCH),
    ]
}

fn bash(command: &str, output: &str, exit: i64) -> [Part; 2] {
    let call = Part::call("bash", json!({ "command": command }), None);
    [call, Part::result(output, None, Some(exit))]
}

fn careful() -> Vec<Turn> {
    let listing = (1..=60).map(|n| format!("{n:>4}  line {n} of the module")).collect::<Vec<_>>().join("\n");
    let failing = "tests/test_clock.py F.\n>   assert str(clock) == \"00:01\"\nE   AssertionError: assert '24:01'\n";
    let edit = Part::call(
        "str_replace_editor",
        json!({
            "command": "str_replace",
            "path": "/repo/tide/clock.py",
            "old_str": "        self.minutes = self.minutes + minutes\n",
            "new_str": "        self.minutes = (self.minutes + minutes) % DAY\n",
        }),
        None,
    );
    let thought = "The clock does not wrap at midnight. First I want to see it fail.";
    let plan = "I'll reproduce it **before** touching `clock.py`:\n\n- run the tests\n- read the module";
    vec![
        Turn::system("You fix small bugs in small repositories."),
        Turn::user("# The clock shows 24:01\n\nAdding two minutes to 23:59 gives `24:01`.\n"),
        Turn::assistant(
            [
                vec![Part::thought(thought), Part::text(plan)],
                bash("cd /repo && python -m pytest -q", failing, 1).into(),
            ]
            .concat(),
        ),
        Turn::assistant(bash("cat -n tide/clock.py", &listing, 0).into()),
        Turn::assistant(vec![edit, Part::result("The file has been edited.", None, None)]),
        Turn::assistant(bash("cd /repo && python -m pytest -q", "2 passed\n", 0).into()),
        Turn::assistant(vec![Part::text("It wraps now."), Part::call("submit", json!({}), None)]),
    ]
}

fn hasty() -> Vec<Turn> {
    let edit = bash("sed -i 's/minutes$/minutes % 1440/' tide/clock.py", "", 0);
    vec![
        Turn::user("The clock shows 24:01"),
        Turn::assistant(edit.into()),
        Turn::assistant(vec![Part::text("Done."), Part::call("submit", json!({}), None)]),
    ]
}

fn circling() -> Vec<Turn> {
    let mut turns = vec![Turn::user("The clock shows 24:01")];
    turns.extend((0..4).map(|_| Turn::assistant(bash("python -m pytest", "1 failed\n", 1).into())));
    turns
}
