use super::{Mark, Scanner};
use crate::error::Error;

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    required: bool,
    pub(super) token_number: usize,
    pub(super) mark: Mark,
}

/// The possible simple keys, one for each level of flow collections, and which of them began at
/// which token.
///
/// The table by token number keeps libyaml's (go-yaml's) habits, as they can be seen: leaving a
/// flow collection forgets the key of the collection itself if nothing inside could be a key, so
/// that `{}: x` is read otherwise than `{a: b}: x`.
#[derive(Default)]
pub(super) struct SimpleKeys {
    levels: Vec<SimpleKey>,
    /// Token number and level, by rising token number.
    by_token: Vec<(usize, usize)>,
}

impl SimpleKeys {
    pub(super) fn last(&self) -> SimpleKey {
        self.levels.last().copied().unwrap_or_default()
    }

    fn set_last(&mut self, key: SimpleKey) {
        if let Some(last) = self.levels.last_mut() {
            *last = key;
        }
    }

    pub(super) fn push(&mut self, key: SimpleKey) {
        self.levels.push(key);
    }

    fn pop(&mut self) -> Option<SimpleKey> {
        self.levels.pop()
    }

    fn remember(&mut self, token_number: usize) {
        let level = self.levels.len().saturating_sub(1);
        match self.by_token.last_mut() {
            Some((last, known)) if *last == token_number => *known = level,
            _ => self.by_token.push((token_number, level)),
        }
    }

    pub(super) fn forget(&mut self, token_number: usize) {
        if let Ok(index) = self.by_token.binary_search_by_key(&token_number, |(number, _)| *number) {
            self.by_token.remove(index);
        }
    }

    /// The level whose key began at a token.
    fn level_at(&mut self, token_number: usize) -> Option<usize> {
        let index = self.by_token.partition_point(|(number, _)| *number < token_number);
        // Tokens before this one have been handed out and will not be asked for again.
        if index > 16 {
            self.by_token.drain(..index);
        }
        let index = self.by_token.partition_point(|(number, _)| *number < token_number);
        self.by_token.get(index).filter(|(number, _)| *number == token_number).map(|(_, level)| *level)
    }
}

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    /// Whether the key at the head of the queue may still turn out to be one.
    pub(super) fn head_may_be_key(&mut self) -> Result<bool, Error> {
        match self.simple_keys.level_at(self.tokens_parsed) {
            Some(level) => self.key_is_valid(level),
            None => Ok(false),
        }
    }

    /// Whether the last possible key still is one.
    pub(super) fn last_key_is_valid(&mut self) -> Result<bool, Error> {
        self.key_is_valid(self.simple_keys.levels.len().saturating_sub(1))
    }

    /// A simple key is on one line and at most 1024 characters long.
    fn key_is_valid(&mut self, level: usize) -> Result<bool, Error> {
        let Some(key) = self.simple_keys.levels.get(level).copied() else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.column + 1024 < self.mark.column {
            if key.required {
                return Err(self.error(key.mark, "could not find expected ':'"));
            }
            if let Some(key) = self.simple_keys.levels.get_mut(level) {
                key.possible = false;
            }
            return Ok(false);
        }
        Ok(true)
    }

    /// Notes that a simple key may begin here.
    pub(super) fn save_simple_key(&mut self) -> Result<(), Error> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let token_number = self.tokens_parsed + self.tokens.len();
        let required = self.flow_level == 0 && self.indent == i64::from(self.mark.column);
        self.remove_simple_key()?;
        self.simple_keys.set_last(SimpleKey { possible: true, required, token_number, mark: self.mark });
        self.simple_keys.remember(token_number);
        Ok(())
    }

    /// Gives up the possible key of this level.
    pub(super) fn remove_simple_key(&mut self) -> Result<(), Error> {
        let key = self.simple_keys.last();
        if key.possible {
            if key.required {
                return Err(self.error(key.mark, "could not find expected ':'"));
            }
            self.drop_simple_key();
        }
        Ok(())
    }

    /// Takes the possible key of this level off the list.
    pub(super) fn drop_simple_key(&mut self) {
        let key = self.simple_keys.last();
        self.simple_keys.set_last(SimpleKey { possible: false, ..key });
        self.simple_keys.forget(key.token_number);
    }

    pub(super) fn increase_flow_level(&mut self) -> Result<(), Error> {
        let token_number = self.tokens_parsed + self.tokens.len();
        self.simple_keys.push(SimpleKey { token_number, mark: self.mark, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > super::MAX_DEPTH {
            return Err(self.error(self.mark, format!("exceeded max depth of {}", super::MAX_DEPTH)));
        }
        Ok(())
    }

    pub(super) fn decrease_flow_level(&mut self) {
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.simple_keys.pop() {
                self.simple_keys.forget(key.token_number);
            }
        }
    }
}
