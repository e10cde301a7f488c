//! What the user typed after `--model`: `http://host:port`, with `/route` to choose a dialect and `#name` to choose a model.

use reqwest::Url;

use super::wires::{self, Wire};

#[derive(Clone)]
pub struct Address {
    /// Scheme, host, port and what stands before the route; no slash at the end.
    pub base: String,
    pub wire: Option<&'static dyn Wire>,
    pub model: Option<String>,
}

impl Address {
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mut url = Url::parse(typed).map_err(|error| format!("{typed}: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            let _ = (url.set_username(""), url.set_password(None));
            return Err(format!(
                "{url}: a key in an address would be kept with every score; it belongs in {}",
                super::KEY
            ));
        }
        if url.query().is_some() {
            return Err(format!("{typed}: an address of a server has no ?"));
        }
        let model = url.fragment().map(str::to_owned).filter(|name| !name.is_empty());
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        let wire = wires::WIRES.iter().copied().find(|wire| path.ends_with(wire.route()));
        let kept = wire.map_or(path.as_str(), |wire| path.trim_end_matches(wire.route()));
        // People paste the address that OpenAI's clients want.
        url.set_path(kept.trim_end_matches("/v1"));
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), wire, model })
    }

    pub fn at(&self, route: &str) -> String {
        format!("{}{route}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_and_names_are_taken_off_the_address() {
        let of = |typed: &str| {
            let address = Address::parse(typed).unwrap();
            (address.base, address.wire.map(Wire::route), address.model)
        };
        assert_eq!(of("http://a:8000"), ("http://a:8000".into(), None, None));
        assert_eq!(of("http://a:8000/v1/"), ("http://a:8000".into(), None, None));
        assert_eq!(of("https://a/x/v1#tuned"), ("https://a/x".into(), None, Some("tuned".into())));
        assert_eq!(
            of("http://a/generative_scoring#b"),
            ("http://a".into(), Some("/generative_scoring"), Some("b".into()))
        );
        assert_eq!(of("http://a/v1/completions").1, Some("/v1/completions"));
    }

    #[test]
    fn keys_in_addresses_are_refused_and_not_repeated() {
        let error = Address::parse("http://me:secret@a:8000").err().unwrap();
        assert!(error.contains("ROLLSCOPE_API_KEY") && !error.contains("secret"), "{error}");
    }
}
