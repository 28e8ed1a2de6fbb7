use wheelhouse_gotemplate::{Engine, FunctionTable, GoString, Options, Parser, TemplateSet, Value};
use wheelhouse_sprig::Environment;

/// Renders the template of `--name-template`: Sprig's functions, no data.
///
/// # Errors
/// With Go's text, when the template does not parse or fails.
pub fn render_name(template: &str, environment: &Environment) -> Result<String, String> {
    const NAME: &str = "name-template";
    let functions = wheelhouse_sprig::functions(environment.compat).iter().copied();
    let parser = Parser::new(FunctionTable::new().with(functions));
    let failed = |error: wheelhouse_gotemplate::ParseError| error.named(NAME).to_string();
    let file = parser.parse(&GoString::from(template)).map_err(failed)?;
    let mut set = TemplateSet::new(NAME);
    set.add(NAME, &file).map_err(failed)?;
    let mut engine = Engine::new(&parser, &set, Options { environment, ..Options::default() });
    match engine.execute(NAME, Value::Nil) {
        Ok(output) => Ok(String::from_utf8_lossy(&output.bytes).into_owned()),
        Err(error) => {
            let text = error.to_string();
            // Here `fail` is Sprig's, which puts no marks around its text.
            Err(wheelhouse_sprig::helm::without_marks(&text))
        }
    }
}
