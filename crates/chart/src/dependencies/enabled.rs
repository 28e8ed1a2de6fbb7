use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use wheelhouse_gotemplate::{GoString, Map, Value};

use super::graph::{Node, Requirements};
use super::is_compatible_range;
use crate::values::{Coalescer, GLOBAL_KEY, Mode, Nulls, Origins, Table, to_map, to_table, value_at};
use crate::{Chart, Compat, Dependency, Error, Warning};

/// Leaves the enabled subcharts of a chart, all levels down.
pub(super) fn keep_enabled(
    chart: &Rc<Node>,
    user: &Table,
    compat: Compat,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    let values = to_map(user, Nulls::Keep, &mut Origins::off());
    Switches { compat, warnings }.keep_enabled(chart, &values, "")
}

struct Switches<'a> {
    compat: Compat,
    warnings: &'a mut Vec<Warning>,
}

impl Switches<'_> {
    /// `path` leads to the chart's values from the root, dotted and with a dot at its end.
    fn keep_enabled(&mut self, node: &Rc<Node>, values: &Map, path: &str) -> Result<(), Error> {
        let Some(requirements) = node.requirements() else { return Ok(()) };
        let chosen = self.chosen(&node.subcharts(), &requirements);
        node.set_subcharts(chosen);

        let mut origins = Origins::off();
        let chart = node.to_chart();
        let own_values = copy_what_changes(values, &chart, path.is_empty())?;
        let values = Coalescer::new(self.compat, &mut origins, self.warnings).coalesce_into(
            &chart,
            own_values,
            Mode::Coalesce,
        )?;
        for requirement in &requirements {
            requirement.borrow_mut().enabled = true;
        }
        self.apply_tags(&requirements, &values);
        self.apply_conditions(&requirements, &values, path);

        let off: HashSet<String> = requirements
            .iter()
            .filter(|requirement| !requirement.borrow().enabled)
            .map(|requirement| requirement.borrow().name.clone())
            .collect();
        let is_on = |name: &str| !off.contains(name);
        let mut subcharts = node.subcharts();
        subcharts.retain(|subchart| is_on(&subchart.name()));
        let requirements: Requirements =
            requirements.into_iter().filter(|requirement| is_on(&requirement.borrow().name)).collect();
        for subchart in &subcharts {
            self.keep_enabled(subchart, &values, &format!("{path}{}.", subchart.name()))?;
        }
        *node.metadata.requirements.borrow_mut() = Some(requirements).filter(|list| !list.is_empty());
        node.set_subcharts(subcharts);
        Ok(())
    }

    /// The subcharts that requirements choose, under their aliases, behind those nobody asks for.
    /// Requirements take on their aliases as names.
    fn chosen(&self, charts: &[Rc<Node>], requirements: &Requirements) -> Vec<Rc<Node>> {
        let asked_for = |chart: &Node, requirement: &Dependency| {
            chart.name() == requirement.name && is_compatible_range(&requirement.version, &chart.version())
        };
        let mut chosen: Vec<Rc<Node>> = charts
            .iter()
            .filter(|chart| !requirements.iter().any(|requirement| asked_for(chart, &requirement.borrow())))
            .cloned()
            .collect();
        for requirement in requirements {
            let mut requirement = requirement.borrow_mut();
            let found = charts.iter().find(|chart| asked_for(chart, &requirement));
            chosen.extend(found.map(|chart| chart.copy_for_requirement(&requirement.alias, self.compat)));
            if !requirement.alias.is_empty() {
                requirement.name = requirement.alias.clone();
            }
        }
        chosen
    }

    fn apply_tags(&mut self, requirements: &[Rc<RefCell<Dependency>>], values: &Map) {
        let Some(Value::Map(tags)) = values.get("tags") else { return };
        for requirement in requirements {
            let mut requirement = requirement.borrow_mut();
            let (mut any_on, mut any_off) = (false, false);
            for tag in &requirement.tags {
                match tags.get(tag) {
                    None => {}
                    Some(Value::Bool(true)) => any_on = true,
                    Some(Value::Bool(false)) => any_off = true,
                    Some(_) => self
                        .warnings
                        .push(Warning::TagNotBool { tag: tag.clone(), chart: requirement.name.clone() }),
                }
            }
            requirement.enabled = any_on || !any_off;
        }
    }

    fn apply_conditions(&mut self, requirements: &[Rc<RefCell<Dependency>>], values: &Map, path: &str) {
        for requirement in requirements {
            let mut requirement = requirement.borrow_mut();
            let conditions = requirement.condition.clone();
            for condition in conditions.trim().split(',').filter(|condition| !condition.is_empty()) {
                match value_at(values, &format!("{path}{condition}")) {
                    None => {}
                    Some(Value::Bool(enabled)) => {
                        requirement.enabled = enabled;
                        break;
                    }
                    Some(_) => self.warnings.push(Warning::ConditionNotBool {
                        path: condition.to_owned(),
                        chart: requirement.name.clone(),
                    }),
                }
            }
        }
    }
}

/// A copy of the values for a chart's own round. For a subchart, Helm coalesces the subchart's
/// values into the root of all values; only what that can change is copied: the subchart's own
/// keys, its subcharts' names and the globals. A copy of everything for every subchart is what
/// makes large umbrella charts slow.
fn copy_what_changes(values: &Map, chart: &Chart, is_root: bool) -> Result<Map, Error> {
    let changes = |key: &GoString| {
        is_root
            || key.as_bytes() == GLOBAL_KEY.as_bytes()
            || chart.values().contains(key)
            || chart.dependencies().iter().any(|subchart| subchart.name().as_bytes() == key.as_bytes())
    };
    let mut origins = Origins::off();
    let copy = Map::new();
    for (key, value) in values.entries() {
        let value = match value {
            Value::Map(inner) if changes(&key) => {
                Value::Map(to_map(&to_table(&inner, &origins)?, Nulls::Keep, &mut origins))
            }
            shared => shared,
        };
        copy.insert(key, value);
    }
    Ok(copy)
}
