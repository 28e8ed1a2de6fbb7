//! `function logs`: what a version's containers write.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::super::Failure;
use crate::api::{Api, refused};
use crate::arguments::FunctionLogs;
use crate::durations::duration;
use crate::output::{OutputFormat, printable, text};
use crate::printer::Printer;

const WHAT: &str = "read the logs";

/// Prints the logs of a version's instances, and with `--follow` goes on until interrupted.
pub(super) fn run(options: &FunctionLogs, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let version = api.version(&options.target)?;
    let mut query = format!("?follow={}", options.follow);
    if let Some(tail) = options.tail {
        query.push_str(&format!("&tailLines={tail}"));
    }
    if let Some(since) = &options.since {
        query.push_str(&format!("&sinceSeconds={}", duration(since)?.as_secs()));
    }
    for (name, value) in [("instanceId", &options.instance), ("container", &options.container)] {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={value}"));
        }
    }
    let path = format!("{}/logs{query}", version.path());
    if api.ask_only(Method::GET, &path) {
        return Ok(());
    }
    api.remember(&version.function, Some(&version.version))?;
    let mut response =
        api.block_on(api.client.stream(Method::GET, &path)).map_err(|error| refused(WHAT, &error))?;
    let mut line = Vec::new();
    let mut nothing = true;
    while let Some(frame) = api.block_on(response.body_mut().frame()) {
        let Ok(data) = frame?.into_data() else { continue };
        for &byte in &data {
            if byte == b'\n' {
                print(&line, options, &api);
                line.clear();
                nothing = false;
            } else {
                line.push(byte);
            }
        }
    }
    if nothing {
        printer.talk("no instance has written anything; `wheelhouse function get` shows the instances");
    }
    Ok(())
}

fn print(line: &[u8], options: &FunctionLogs, api: &Api) {
    let Ok(entry) = serde_json::from_slice::<Value>(line) else { return };
    let said = text(&entry, "/line");
    if entry.get("isTrouble") == Some(&Value::Bool(true)) {
        let place = [text(&entry, "/instance"), text(&entry, "/pod")].join(" ");
        api.printer.talk(&format!("{}: {}", printable(place.trim_end()), harmless(&said)));
        return;
    }
    if options.grep.as_ref().is_some_and(|wanted| !said.contains(wanted.as_str())) {
        return;
    }
    match api.output {
        OutputFormat::Table => {
            let place = format!("{}/{}", text(&entry, "/pod"), text(&entry, "/container"));
            api.printer.data(format!("{} | {}\n", printable(&place), harmless(&said)));
        }
        _ => api.printer.data(format!("{entry}\n")),
    }
}

/// A container's own text: tabs stay, all else that moves a terminal is escaped.
fn harmless(line: &str) -> String {
    let tabs: Vec<String> = line.split('\t').map(printable).collect();
    tabs.join("\t")
}
