//! `demo --delay`: round trips counted by what waits for what, in a world where each takes long enough to be told apart.

use serde_json::Value;

use super::json;

/// A round trip, in milliseconds: far above what the machine itself adds.
const ROUND_TRIP: f64 = 200.0;

fn delayed() -> Value {
    json(&["healthy", "--delay", "200ms", "--json"], 0)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// The length of the chain of exchanges that ends with the first answer: each began only when the one before had ended.
fn chain(steps: &[&Value]) -> usize {
    let began = |step: &Value| number(&step["at_ms"]);
    let ended = |step: &Value| began(step) + number(&step["rtt_ms"]);
    let answers = steps.iter().filter(|step| step["response"] == "answer");
    let first = answers.min_by(|one, other| ended(one).total_cmp(&ended(other)));
    let mut at = *first.unwrap();
    let mut length = 1;
    loop {
        let before = steps
            .iter()
            .filter(|step| !step["rtt_ms"].is_null() && ended(step) <= began(at));
        let Some(last) = before.max_by(|one, other| ended(one).total_cmp(&ended(other))) else {
            return length;
        };
        at = last;
        length += 1;
    }
}

#[test]
fn the_answer_takes_three_round_trips_and_a_handshake_two() {
    let report = delayed();
    for question in report["dns"]["questions"].as_array().unwrap() {
        // What both questions need is asked once, and noted with the one that came first.
        let all = report["dns"]["questions"].as_array().unwrap().iter();
        let steps: Vec<&Value> = all
            .flat_map(|question| question["steps"].as_array().unwrap())
            .collect();
        assert_eq!(chain(&steps), 3, "{question}");
        for step in steps {
            let trips = number(&step["rtt_ms"]) / ROUND_TRIP;
            assert!(trips >= 1.0, "an answer before a round trip: {step}");
        }
    }
    for endpoint in report["tls"]["endpoints"].as_array().unwrap() {
        assert_eq!(endpoint["version"], "TLSv1.3");
        let timings = &endpoint["timings"];
        let trips =
            (number(&timings["connect_ms"]) + number(&timings["handshake_ms"])) / ROUND_TRIP;
        assert!(
            (2.0..3.0).contains(&trips),
            "{trips} round trips: {timings}"
        );
    }
    for route in report["http"]["routes"].as_array().unwrap() {
        for hop in route["hops"].as_array().unwrap() {
            let in_clear = hop["url"].as_str().unwrap().starts_with("http:");
            let (least, most) = if in_clear { (2.0, 3.0) } else { (3.0, 4.0) };
            let trips = number(&hop["elapsed_ms"]) / ROUND_TRIP;
            assert!((least..most).contains(&trips), "{trips} round trips: {hop}");
        }
    }
}
