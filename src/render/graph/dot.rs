//! Graphviz: `dot -Tsvg`.

use std::fmt::Write;

use super::{Graph, Kind, Node, State};

pub(super) fn write(graph: &Graph) -> String {
    let mut out = String::from(
        "digraph delegation {\n  rankdir=TB; node [fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for (number, zone) in graph.zones.iter().enumerate() {
        let _ = writeln!(
            out,
            "  subgraph cluster_{number} {{\n    label={}; color={}; fontname=\"sans-serif\";",
            quoted(&zone.name),
            quoted(color(zone.state))
        );
        for node in &zone.nodes {
            let _ = writeln!(out, "    {}", line(node));
        }
        if zone.nodes.is_empty() {
            let _ = writeln!(
                out,
                "    empty_{number} [label=\"not signed\", shape=plaintext];"
            );
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        let style = if edge.state == State::Holds {
            "solid"
        } else {
            "dashed"
        };
        let _ = writeln!(
            out,
            "  {} -> {} [color={}, style={style}, label={}];",
            quoted(&edge.from),
            quoted(&edge.to),
            quoted(color(edge.state)),
            quoted(&edge.label)
        );
    }
    out.push_str("}\n");
    out
}

fn line(node: &Node) -> String {
    let shape = match node.kind {
        Kind::Anchor => "house",
        Kind::Key => "ellipse",
        Kind::Set => "box",
    };
    format!(
        "{} [shape={shape}, color={}, label={}];",
        quoted(&node.id),
        quoted(color(node.state)),
        quoted(&node.lines.join("\n"))
    )
}

fn color(state: State) -> &'static str {
    match state {
        State::Holds => "#1a7f37",
        State::Broken => "#cf222e",
        State::Unsigned => "#6e7781",
    }
}

/// A quoted string of the DOT language.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}
