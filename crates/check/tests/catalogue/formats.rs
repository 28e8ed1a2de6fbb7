use serde_json::Value;
use wheelhouse_check::format;

use crate::chart::Try;

/// A chart whose DaemonSet comes out of an include, behind letters that are not ASCII.
fn broken() -> Try {
    let helper =
        "{{- define \"agent\" }}\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: x}\n{{- end }}";
    Try::default()
        .file("templates/_helpers.tpl", helper)
        .file("templates/more.yaml", "# äö𝄞\n{{ include \"agent\" . }}")
        .file(
            "templates/wide.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {/* 𝄞 */ }\n"
                .replace("/* 𝄞 */ ", "hostPID: true, containers: [{name: \"𝄞\", image: \"i:1\"}]"),
        )
}

fn sarif(tried: &Try) -> Value {
    tried.with(|all| format::sarif(&all.unwrap().checked.findings))
}

#[test]
fn sarif_has_what_the_schema_requires() {
    let log = sarif(&broken());
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert!(run["tool"]["driver"]["name"].is_string());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(result["message"]["text"].is_string());
        assert!(matches!(result["level"].as_str().unwrap(), "error" | "warning" | "note"));
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["wheelhouse/v1"].is_string());
        for location in result["locations"].as_array().unwrap() {
            let physical = &location["physicalLocation"];
            assert!(physical["artifactLocation"]["uri"].is_string(), "{result}");
            assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
        }
    }
}

#[test]
fn sarif_points_at_the_template_line_and_the_include() {
    let log = sarif(&broken());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let daemon = results.iter().find(|result| result["ruleId"] == "WH-010").unwrap();
    let at = &daemon["locations"][0]["physicalLocation"];
    assert_eq!(at["artifactLocation"]["uri"], "templates/_helpers.tpl");
    let region = &at["region"];
    let numbers: Vec<u64> = ["startLine", "startColumn", "endLine", "endColumn"]
        .iter()
        .map(|key| region[key].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 7, 3, 16]);
    let call = &daemon["relatedLocations"][0]["physicalLocation"];
    assert_eq!(
        (&call["artifactLocation"]["uri"], &call["region"]["startLine"]),
        (&"templates/more.yaml".into(), &2.into())
    );
}

#[test]
fn every_format_tells_every_finding() {
    let (count, json, junit, github, human) = broken().with(|all| {
        let checked = all.unwrap().checked;
        let found = &checked.findings;
        (
            found.len(),
            format::json(found, checked.counted),
            format::junit(found),
            format::github(found, "charts/web"),
            format::human(found, checked.counted, format::Shown::default()),
        )
    });
    assert_eq!(json["findings"].as_array().unwrap().len(), count);
    assert_eq!(junit.matches("<testcase ").count(), count);
    assert_eq!(github.lines().count(), count);
    assert!(github.contains("file=charts/web/templates/_helpers.tpl,line=3,col=7"), "{github}");
    assert!(human.contains("error[WH-010]") && human.contains("included from here"), "{human}");
    assert!(!human.contains('\u{1b}'), "no colours without being asked");
}
