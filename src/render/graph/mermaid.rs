//! Mermaid: drawn by many web pages, READMEs and issue trackers.

use std::fmt::Write;

use super::{Graph, Kind, State};

pub(super) fn write(graph: &Graph) -> String {
    let ids: Vec<&str> = graph
        .zones
        .iter()
        .flat_map(|zone| zone.nodes.iter().map(|node| node.id.as_str()))
        .collect();
    // Identifiers of Mermaid hold few characters, so nodes are numbered.
    let number = |id: &str| ids.iter().position(|own| *own == id);
    let mut out = String::from("flowchart TB\n");
    for (at, zone) in graph.zones.iter().enumerate() {
        let _ = writeln!(out, "  subgraph z{at} [\"{}\"]", escaped(&zone.name));
        for node in &zone.nodes {
            let Some(number) = number(&node.id) else {
                continue;
            };
            let label = escaped(&node.lines.join("\n"));
            let (open, close) = match node.kind {
                Kind::Anchor => ("{{", "}}"),
                Kind::Key => ("([", "])"),
                Kind::Set => ("[", "]"),
            };
            let _ = writeln!(
                out,
                "    n{number}{open}\"{label}\"{close}:::{}",
                class(node.state)
            );
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (number(&edge.from), number(&edge.to)) else {
            continue;
        };
        let arrow = match edge.state {
            State::Holds => "-->",
            State::Broken => "-. broken .->",
            State::Unsigned => "-.->",
        };
        let label = if edge.label.is_empty() {
            String::new()
        } else {
            format!("|\"{}\"|", escaped(&edge.label))
        };
        let arrow = if label.is_empty() { arrow } else { "-.->" };
        let _ = writeln!(out, "  n{from} {arrow}{label} n{to}");
    }
    out.push_str(
        "  classDef holds stroke:#1a7f37\n  classDef broken stroke:#cf222e,stroke-width:3px\n  classDef unsigned stroke:#6e7781\n",
    );
    out
}

fn class(state: State) -> &'static str {
    match state {
        State::Holds => "holds",
        State::Broken => "broken",
        State::Unsigned => "unsigned",
    }
}

/// Text between quotes: entities for what could end it or begin markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br/>"),
            '"' | '<' | '>' | '&' | '#' | '\\' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
