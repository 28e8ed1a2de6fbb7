//! `context`: the platforms a user talks to.

use serde_json::{Value, json};

use super::Failure;
use crate::arguments::{ContextAction, ContextArguments, ContextName, ContextSet};
use crate::contexts::{Contexts, Token};
use crate::output::OutputFormat;
use crate::printer::Printer;

/// Runs what is asked for.
pub(super) fn run(options: &ContextArguments, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        ContextAction::List(options) => list(options.output, printer),
        ContextAction::Use(options) => choose(options, printer),
        ContextAction::Set(options) => set(options, printer),
        ContextAction::Delete(options) => delete(options, printer),
    }
}

fn list(output: OutputFormat, printer: Printer) -> Result<(), Failure> {
    let contexts = Contexts::load()?;
    let current = contexts.current.as_deref();
    // Whether there is a token is shown, never the token.
    let shown: Vec<Value> = contexts
        .contexts
        .iter()
        .map(|(name, context)| {
            json!({
                "name": name,
                "current": current == Some(name.as_str()),
                "server": context.server,
                "token": context.token.is_some(),
                "function": context.function,
                "version": context.version,
            })
        })
        .collect();
    let rows = || {
        let mut rows = vec![["", "NAME", "SERVER", "TOKEN", "FUNCTION"].map(str::to_owned)];
        for (name, context) in &contexts.contexts {
            rows.push([
                if current == Some(name.as_str()) { "*" } else { "" }.to_owned(),
                name.clone(),
                context.server.clone(),
                if context.token.is_some() { "kept" } else { "none" }.to_owned(),
                context.function.clone().unwrap_or_default(),
            ]);
        }
        rows
    };
    output.print(&Value::Array(shown), rows, printer)
}

fn choose(options: &ContextName, printer: Printer) -> Result<(), Failure> {
    let mut contexts = Contexts::load()?;
    if !contexts.contexts.contains_key(&options.name) {
        return Err(contexts.missing(&options.name));
    }
    contexts.current = Some(options.name.clone());
    contexts.save()?;
    printer.talk(&format!("context \"{}\" is in use", options.name));
    Ok(())
}

fn set(options: &ContextSet, printer: Printer) -> Result<(), Failure> {
    let mut contexts = Contexts::load()?;
    let context = contexts.contexts.entry(options.name.clone()).or_default();
    if let Some(server) = &options.server {
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(Failure::new(format!("\"{server}\" is not an address"))
                .with_advice("  fix: write it as http://HOST:PORT or https://HOST"));
        }
        if context.server != *server {
            // A token is for its own server.
            (context.token, context.function, context.version) = (None, None, None);
            context.server.clone_from(server);
        }
    }
    if context.server.is_empty() {
        return Err(Failure::new(format!("context \"{}\" has no server", options.name))
            .with_advice("  fix: give --server URL"));
    }
    if options.token_stdin {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut std::io::stdin().lock(), &mut text)?;
        context.token = Some(Token::new(&text));
    } else if let Ok(token) = std::env::var("WHEELHOUSE_TOKEN") {
        context.token = Some(Token::new(&token));
    }
    contexts.current = Some(options.name.clone());
    contexts.save()?;
    printer.talk(&format!("context \"{}\" is kept and in use", options.name));
    Ok(())
}

fn delete(options: &ContextName, printer: Printer) -> Result<(), Failure> {
    let mut contexts = Contexts::load()?;
    if contexts.contexts.remove(&options.name).is_none() {
        return Err(contexts.missing(&options.name));
    }
    if contexts.current.as_deref() == Some(options.name.as_str()) {
        contexts.current = None;
    }
    contexts.save()?;
    printer.talk(&format!("context \"{}\" is removed", options.name));
    Ok(())
}
