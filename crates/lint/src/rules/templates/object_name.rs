use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_objects::names;

use crate::documents::DocumentHead;

/// An object's name has the form that its kind wants.
///
/// # Errors
/// When it has not, in the words of Kubernetes.
pub fn check_object_name(head: &DocumentHead) -> Result<(), String> {
    let name = &head.name;
    let mut problems: Vec<String> = Vec::new();
    for problem in wrong(&head.kind, name) {
        // The library Helm uses calls them so, and counts bytes all the same.
        let problem = problem.replace(" bytes", " characters");
        let shown = quote(name.as_bytes());
        let problem = format!("metadata.name: Invalid value: {shown}: {problem}");
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let shown = match problems.as_slice() {
        [] => return Ok(()),
        [problem] => problem.clone(),
        problems => format!("[{}]", problems.join(", ")),
    };
    Err(format!(
        "object name does not conform to Kubernetes naming requirements: {}: {shown}",
        quote(name.as_bytes())
    ))
}

/// What is wrong with a name for a kind. Kinds with no rule of their own have subdomains for names.
fn wrong(kind: &str, name: &str) -> Vec<String> {
    match kind.to_lowercase().as_str() {
        "service" => names::label_1035(name),
        "namespace" => names::label(name),
        "certificatesigningrequest" => Vec::new(),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => names::path_segment(name),
        _ => names::subdomain(name),
    }
}
