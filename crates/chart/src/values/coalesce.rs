use wheelhouse_gotemplate::{GoString, Map, Value};

use super::layer::{Path, Rule, lay_map_under, lay_table_under};
use super::origins::{Nulls, to_map, to_value};
use super::shown::ShownAsBool;
use super::{Data, GLOBAL_KEY, Mark, Origins, Table};
use crate::{Chart, Compat, Error, Warning};

/// How many entries one coalescing may make. Helm has no bound: a large `global` multiplies with
/// the number of subcharts.
pub const MAX_COALESCED_ENTRIES: usize = 2_000_000;

/// Brings together the values of the user, of parent charts and of charts, as Helm does:
/// the user over parents over charts, tables merged, the rest replaced.
#[derive(Debug)]
pub struct Coalescer<'a> {
    pub(super) compat: Compat,
    pub(crate) origins: &'a mut Origins,
    pub(crate) warnings: &'a mut Vec<Warning>,
    pub(super) entries_left: usize,
}

/// What becomes of null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `CoalesceValues`: a null takes the key away.
    Coalesce,
    /// `MergeValues`: a null stays, for a later coalescing to see.
    Merge,
}

impl<'a> Coalescer<'a> {
    /// A coalescer that notes origins (if they are on) and collects warnings.
    #[must_use]
    pub fn new(compat: Compat, origins: &'a mut Origins, warnings: &'a mut Vec<Warning>) -> Self {
        Coalescer { compat, origins, warnings, entries_left: MAX_COALESCED_ENTRIES }
    }

    /// The values a chart's templates see as `.Values`, with those of its subcharts under their
    /// names. Every container is fresh; tables below `global` are shared with subcharts, as in Helm.
    ///
    /// # Errors
    /// [`Error::TypeMismatch`] when the value under a subchart's name is no table, and
    /// [`Error::TooManyValues`] past [`MAX_COALESCED_ENTRIES`].
    pub fn coalesce(&mut self, chart: &Chart, user: &Table) -> Result<Map, Error> {
        let dest = to_map(user, Nulls::Keep, self.origins);
        self.coalesce_into(chart, dest, Mode::Coalesce)
    }

    /// Coalesces what [`coalesce`](Self::coalesce) gave once more, as `lint` does: a default that the
    /// user took away comes back.
    ///
    /// # Errors
    /// As for [`coalesce`](Self::coalesce).
    pub fn coalesce_again(&mut self, chart: &Chart, values: Map) -> Result<Map, Error> {
        self.coalesce_into(chart, values, Mode::Coalesce)
    }

    /// The user's values over those of one file, without regard to charts.
    ///
    /// # Errors
    /// As for [`coalesce`](Self::coalesce).
    pub fn tables(&mut self, user: &Table, defaults: &Table) -> Result<Map, Error> {
        let dest = to_map(user, Nulls::Keep, self.origins);
        let rule = Rule { mode: Mode::Coalesce, nulls: Nulls::Keep };
        lay_table_under(self, &dest, defaults, &Path::root(), rule)?;
        Ok(dest)
    }

    /// The values of a chart and its subcharts on top of `dest`, which is changed and returned.
    pub(crate) fn coalesce_into(&mut self, chart: &Chart, dest: Map, mode: Mode) -> Result<Map, Error> {
        self.chart(chart, &dest, None, mode)?;
        Ok(dest)
    }

    /// Lays one map's entries under another's.
    pub(crate) fn lay_under(&mut self, dest: &Map, source: &Map, mode: Mode) -> Result<(), Error> {
        lay_map_under(self, dest, source, &Path::root(), mode)
    }

    fn chart(
        &mut self,
        chart: &Chart,
        dest: &Map,
        prefix: Option<&Path<'_>>,
        mode: Mode,
    ) -> Result<(), Error> {
        let path = Path::below(prefix, chart.name().as_bytes());
        self.chart_values(chart, dest, &path, mode)?;
        for subchart in chart.dependencies() {
            let name = subchart.name();
            let inner = match dest.get(name) {
                Some(Value::Map(inner)) => inner,
                Some(other) => {
                    let value = super::origins::to_data(&other, self.origins)?;
                    return Err(Error::TypeMismatch {
                        name: name.to_owned(),
                        value: ShownAsBool(&value).to_string(),
                    });
                }
                None => {
                    let inner = Map::new();
                    self.put(dest, &GoString::from(name), inner.clone().into(), &Mark::default())?;
                    inner
                }
            };
            self.globals(&inner, dest, &path)?;
            self.chart(subchart, &inner, Some(&path), mode)?;
        }
        Ok(())
    }

    /// A chart's own defaults under the values for it.
    fn chart_values(&mut self, chart: &Chart, dest: &Map, path: &Path<'_>, mode: Mode) -> Result<(), Error> {
        // Helm 4.2 takes nulls out of chart defaults when it coalesces, so that they hide nothing.
        let nulls = |mode| match (self.compat, mode) {
            (Compat::V4, Mode::Coalesce) => Nulls::Drop,
            _ => Nulls::Keep,
        };
        let own_nulls = nulls(mode);
        let rules = [Mode::Coalesce, Mode::Merge].map(|mode| Rule { mode, nulls: nulls(mode) });
        let [coalesce, merge] = rules;
        for (key, node) in chart.values().iter() {
            match (dest.get(key), &node.data) {
                (None, Data::Null) if own_nulls == Nulls::Drop => {}
                (None, data) => {
                    let value = to_value(data, own_nulls, self.origins);
                    self.put(dest, key, value, &node.mark)?;
                }
                (Some(Value::Nil), _) if mode == Mode::Coalesce => {
                    dest.remove(key);
                }
                (Some(Value::Map(inner)), Data::Table(table)) => {
                    // Nulls under a subchart's name wait for that subchart's own coalescing.
                    let is_subchart =
                        || chart.dependencies().iter().any(|sub| sub.name().as_bytes() == key.as_bytes());
                    let rule = if mode == Mode::Merge || is_subchart() { merge } else { coalesce };
                    lay_table_under(self, &inner, table, &Path::below(Some(path), key.as_bytes()), rule)?;
                }
                (Some(Value::Map(_)), Data::Null) => {}
                (Some(Value::Map(_)), _) => {
                    let path = Path::below(Some(path), key.as_bytes()).to_string();
                    self.warnings.push(Warning::SkippedValue { path });
                }
                (Some(_), _) => {}
            }
        }
        Ok(())
    }

    /// A chart's globals over those of a subchart of it.
    fn globals(&mut self, subchart: &Map, parent: &Map, path: &Path<'_>) -> Result<(), Error> {
        let key = GoString::from(GLOBAL_KEY);
        let dest = match subchart.get(&key) {
            None => Map::new(),
            Some(Value::Map(globals)) => globals,
            Some(_) => {
                self.warnings.push(Warning::GlobalsOfSubchartNotATable);
                return Ok(());
            }
        };
        let source = match parent.get(&key) {
            None => Map::new(),
            Some(Value::Map(globals)) => globals,
            Some(_) => {
                self.warnings.push(Warning::GlobalsOfParentNotATable);
                return Ok(());
            }
        };
        for (name, value) in source.entries() {
            let mark = self.origins.mark(&source, &name);
            match (value, dest.get(&name)) {
                (Value::Map(table), None) => {
                    let copy = self.copy_shallow(&table)?;
                    self.put(&dest, &name, copy.into(), &mark)?;
                }
                (Value::Map(table), Some(Value::Map(own))) => {
                    let copy = self.copy_shallow(&table)?;
                    lay_map_under(self, &copy, &own, &Path::below(Some(path), name.as_bytes()), Mode::Merge)?;
                    self.put(&dest, &name, copy.into(), &mark)?;
                }
                (Value::Map(_), Some(_)) => {
                    self.warnings.push(Warning::GlobalTableMeetsValue { key: name.to_string() });
                }
                (_, Some(Value::Map(_))) => {
                    self.warnings.push(Warning::GlobalValueMeetsTable { key: name.to_string() });
                }
                (value, _) => self.put(&dest, &name, value, &mark)?,
            }
        }
        let own = self.origins.mark(subchart, &key);
        let mark = if own.source().is_some() { own } else { self.origins.mark(parent, &key) };
        self.put(subchart, &key, dest.into(), &mark)
    }

    /// A copy of a table whose own tables stay shared, so that `set` deep in a global is seen by
    /// every chart, as in Helm.
    fn copy_shallow(&mut self, table: &Map) -> Result<Map, Error> {
        let copy = Map::new();
        for (key, value) in table.entries() {
            let mark = self.origins.mark(table, &key);
            self.put(&copy, &key, value, &mark)?;
        }
        Ok(copy)
    }

    pub(super) fn put(&mut self, map: &Map, key: &GoString, value: Value, mark: &Mark) -> Result<(), Error> {
        let left = self.entries_left.checked_sub(1 + nested_len(&value));
        self.entries_left = left.ok_or(Error::TooManyValues { limit: MAX_COALESCED_ENTRIES })?;
        map.insert(key.clone(), value);
        self.origins.note(map, key, mark);
        Ok(())
    }
}

/// What a value just below the one put costs; deeper ones were counted with their files.
fn nested_len(value: &Value) -> usize {
    match value {
        Value::Map(map) => map.len(),
        Value::List(list) => list.len(),
        _ => 0,
    }
}
