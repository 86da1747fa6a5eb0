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
    let endpoints = report["tls"]["endpoints"].as_array().unwrap().iter();
    let handshakes = endpoints.map(|endpoint| {
        assert_eq!(endpoint["version"], "TLSv1.3");
        number(&endpoint["timings"]["connect_ms"]) + number(&endpoint["timings"]["handshake_ms"])
    });
    takes(handshakes, 2.0);
    let routes = report["http"]["routes"].as_array().unwrap().iter();
    let (in_clear, protected): (Vec<&Value>, Vec<&Value>) = routes
        .flat_map(|route| route["hops"].as_array().unwrap())
        .partition(|hop| hop["tls"].is_null());
    let elapsed = |hop: &Value| number(&hop["elapsed_ms"]);
    takes(in_clear.into_iter().map(elapsed), 2.0);
    takes(protected.into_iter().map(elapsed), 3.0);
}

/// None is quicker than so many round trips, and the quickest, which the machine held up the least, takes no more.
fn takes(lengths: impl Iterator<Item = f64>, round_trips: f64) {
    let quickest = lengths.min_by(f64::total_cmp).unwrap() / ROUND_TRIP;
    let expected = round_trips..round_trips + 1.0;
    assert!(
        expected.contains(&quickest),
        "{quickest} instead of {round_trips} round trips"
    );
}
