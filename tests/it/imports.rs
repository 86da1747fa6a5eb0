//! Who may import whom: the layers of the crate, enforced.

use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// What each layer may import of the crate. `cli` may import everything.
const TABLE: [(&str, &[&str]); 9] = [
    ("facts", &[]),
    ("finding", &[]),
    ("net", &[]),
    ("verify", &["facts"]),
    ("observe", &["facts", "net"]),
    ("judge", &["facts", "finding"]),
    ("report", &["facts", "finding"]),
    ("render", &["report", "facts", "finding"]),
    ("demo", &["net"]),
];

/// The layers that a file names: every path that begins with `crate`, in `use` trees and in the code.
#[derive(Default)]
struct Imports(Vec<String>);

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let syn::UseTree::Path(path) = &item.tree
            && path.ident == "crate"
        {
            first_names(&path.tree, &mut self.0);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        if segments.next().as_deref() == Some("crate") {
            self.0.extend(segments.next());
        }
        syn::visit::visit_path(self, path);
    }
}

fn first_names(tree: &syn::UseTree, names: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => names.push(path.ident.to_string()),
        syn::UseTree::Name(name) => names.push(name.ident.to_string()),
        syn::UseTree::Rename(rename) => names.push(rename.ident.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| first_names(item, names)),
        syn::UseTree::Glob(_) => names.push("*".to_owned()),
    }
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_layer_imports_what_it_must_not() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    let mut checked = 0;
    for path in found {
        let inside = path.strip_prefix(&src).unwrap().with_extension("");
        let layer = inside.iter().next().unwrap().to_str().unwrap().to_owned();
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == layer) else {
            continue;
        };
        let mut imports = Imports::default();
        imports.visit_file(&syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap());
        for name in imports.0 {
            let fine = name == layer
                || name == "finding" && layer == "judge"
                || allowed.contains(&name.as_str());
            assert!(
                fine,
                "{} imports `{name}`, which `{layer}` must not",
                path.display()
            );
        }
        checked += 1;
    }
    assert!(checked > 20, "only {checked} files were looked at");
}
