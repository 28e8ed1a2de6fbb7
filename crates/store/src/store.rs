//! Typed access to a backend.

use crate::backend::{Audited, Backend, Collection, Filter, Head, Operation, Query, Row};
use crate::postgres::{Address, Postgres};
use crate::{Clock, Error, failpoint, vault};
use aws_lc_rs::digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

/// A thing that can be kept.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// Where it is kept.
    const COLLECTION: Collection;
    /// Its id.
    fn id(&self) -> String;
    /// The account it belongs to.
    fn account(&self) -> String;
    /// What it hangs under; empty when nothing.
    fn parent(&self) -> String {
        String::new()
    }
    /// One more thing to find it by; empty when nothing.
    fn label(&self) -> String {
        String::new()
    }
}

/// A thing as it was read, with the revision that a change has to name.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// The thing.
    pub value: T,
    /// Its revision.
    pub revision: u64,
}

/// The store: cheap to clone, shared by all services.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    vault: Arc<vault::Vault>,
    clock: Arc<Clock>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Puts typed access on a backend.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>, vault: vault::Vault) -> Self {
        Self { backend, vault: Arc::new(vault), clock: Arc::default() }
    }

    /// Opens (or makes) the embedded database of a directory: `state.db` and `master.key`.
    ///
    /// # Errors
    /// When the directory cannot be used, or the database belongs to another version of the program.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(directory)
            .map_err(|source| Error::File { path: directory.display().to_string(), source })?;
        let vault = vault::Vault::open(&directory.join("master.key"))?;
        let backend = crate::sqlite::Sqlite::open(&directory.join("state.db"))?;
        Ok(Self::new(Arc::new(backend), vault))
    }

    /// Connects to a PostgreSQL database (see [`Postgres::connect`]); the master key stays a file
    /// of the directory, and every process that shares the database needs the same one.
    ///
    /// # Errors
    /// When the database cannot be used or the key cannot be read.
    pub async fn connect(address: &Address, directory: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(directory)
            .map_err(|source| Error::File { path: directory.display().to_string(), source })?;
        let vault = vault::Vault::open(&directory.join("master.key"))?;
        let backend = Postgres::connect(address).await?;
        Ok(Self::new(Arc::new(backend), vault))
    }

    /// The records of one type.
    #[must_use]
    pub fn table<T: Record>(&self) -> Table<'_, T> {
        Table { store: self, kind: PhantomData }
    }

    /// Starts a batch of changes.
    pub fn transaction(&self) -> Transaction<'_> {
        Transaction { store: self, batch: Vec::new(), error: None }
    }

    /// The time, as records are stamped with it.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// The vault that seals secrets.
    #[must_use]
    pub fn vault(&self) -> &vault::Vault {
        &self.vault
    }

    /// Opens the secrets of an owner: names and values, sorted by name.
    ///
    /// # Errors
    /// When the database fails or a secret cannot be opened.
    pub async fn secrets(&self, owner: &str) -> Result<Vec<(String, String)>, Error> {
        let query = Query {
            collection: Collection::Secrets,
            filter: Filter::Parent(owner.to_owned()),
            after: None,
            limit: u32::MAX,
        };
        let rows = self.backend.read(query).await?;
        rows.into_iter()
            .map(|row| {
                let value = self.vault.unseal(owner, &row.label, &row.body)?;
                Ok((row.label, value))
            })
            .collect()
    }

    /// Reads raw bytes kept with [`Transaction::put_bytes`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bytes(&self, collection: Collection, id: &str) -> Result<Option<Vec<u8>>, Error> {
        let query = Query { collection, filter: Filter::Id(id.to_owned()), after: None, limit: 1 };
        Ok(self.backend.read(query).await?.into_iter().next().map(|row| row.body))
    }

    /// Reads the audit log from after a place and checks that its chain holds.
    ///
    /// # Errors
    /// When the database fails or the chain is broken.
    pub async fn audit(&self, after: u64, limit: u32) -> Result<Vec<Audited>, Error> {
        let from = after.saturating_sub(1);
        let entries = self.backend.audit(from, limit.saturating_add(1)).await?;
        let mut previous: Option<&Audited> = None;
        for entry in &entries {
            let before: &[u8] = match previous {
                Some(previous) => &previous.hash,
                None if entry.sequence == 1 => &[],
                // The entry before the window is not known; it is only here to check its successor.
                None => {
                    previous = Some(entry);
                    continue;
                }
            };
            let follows = previous.is_none_or(|previous| previous.sequence + 1 == entry.sequence);
            if !follows || entry.hash != chain(before, &entry.body) {
                return Err(Error::AuditBroken { sequence: entry.sequence });
            }
            previous = Some(entry);
        }
        let wanted = entries.into_iter().filter(|entry| entry.sequence > after);
        Ok(wanted.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    /// Writes a consistent copy to a new file.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        self.backend.backup(to).await
    }
}

/// The hash of an audit entry.
pub(crate) fn chain(previous: &[u8], body: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(previous);
    context.update(body);
    context.finish().as_ref().to_vec()
}

/// The records of one type.
#[derive(Debug)]
pub struct Table<'a, T> {
    store: &'a Store,
    kind: PhantomData<fn() -> T>,
}

impl<T: Record> Table<'_, T> {
    /// Finds one by id.
    ///
    /// # Errors
    /// When the database fails or the record cannot be read.
    pub async fn get(&self, id: impl ToString + Send) -> Result<Option<Stored<T>>, Error> {
        Ok(self.find(Filter::Id(id.to_string()), None, 1).await?.into_iter().next())
    }

    /// Finds one by its label.
    ///
    /// # Errors
    /// When the database fails or the record cannot be read.
    pub async fn by_label(&self, label: &str) -> Result<Option<Stored<T>>, Error> {
        Ok(self.find(Filter::Label(label.to_owned()), None, 1).await?.into_iter().next())
    }

    /// Lists all that a filter finds.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub async fn list(&self, filter: Filter) -> Result<Vec<Stored<T>>, Error> {
        self.find(filter, None, u32::MAX).await
    }

    /// Lists one page: from after a cursor (an id), at most so many.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub async fn page(
        &self,
        filter: Filter,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<Stored<T>>, Error> {
        self.find(filter, after, limit).await
    }

    /// Lists one page without the records themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn heads(&self, filter: Filter, after: Option<String>, limit: u32) -> Result<Vec<Head>, Error> {
        self.store.backend.heads(Query { collection: T::COLLECTION, filter, after, limit }).await
    }

    /// Counts what a filter finds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, filter: Filter) -> Result<u64, Error> {
        self.store.backend.count(T::COLLECTION, filter).await
    }

    async fn find(&self, filter: Filter, after: Option<String>, limit: u32) -> Result<Vec<Stored<T>>, Error> {
        let rows = self.store.backend.read(Query { collection: T::COLLECTION, filter, after, limit }).await?;
        rows.into_iter()
            .map(|row| match serde_json::from_slice(&row.body) {
                Ok(value) => Ok(Stored { value, revision: row.revision }),
                Err(source) => Err(Error::Corrupt { collection: T::COLLECTION, id: row.id, source }),
            })
            .collect()
    }
}

/// A batch of changes: all of them or none.
#[derive(Debug)]
#[must_use = "a transaction does nothing until it is committed"]
pub struct Transaction<'a> {
    store: &'a Store,
    batch: Vec<Operation>,
    error: Option<Error>,
}

impl Transaction<'_> {
    /// Adds a new record.
    pub fn insert<T: Record>(mut self, record: &T) -> Self {
        if let Some(row) = self.row(record, 0) {
            self.batch.push(Operation::Insert(T::COLLECTION, row));
        }
        self
    }

    /// Replaces a record, if it is still at the revision it was read at.
    pub fn update<T: Record>(mut self, record: &Stored<T>) -> Self {
        if let Some(row) = self.row(&record.value, record.revision) {
            self.batch.push(Operation::Update(T::COLLECTION, row));
        }
        self
    }

    /// Adds or replaces a record.
    pub fn put<T: Record>(mut self, record: &T) -> Self {
        if let Some(row) = self.row(record, 0) {
            self.batch.push(Operation::Put(T::COLLECTION, row));
        }
        self
    }

    /// Removes a record.
    pub fn delete<T: Record>(mut self, id: impl ToString) -> Self {
        self.batch.push(Operation::Delete(T::COLLECTION, id.to_string(), None));
        self
    }

    /// Seals and keeps a secret of an owner, in place of one of the same name.
    pub fn put_secret(mut self, owner: &str, account: &str, name: &str, value: &str) -> Self {
        match self.store.vault.seal(owner, name, value) {
            Ok(body) => self.batch.push(Operation::Put(
                Collection::Secrets,
                Row {
                    id: format!("{owner}/{name}"),
                    account: account.to_owned(),
                    parent: owner.to_owned(),
                    label: name.to_owned(),
                    revision: 0,
                    body,
                },
            )),
            Err(error) => self.fail(error),
        }
        self
    }

    /// Removes all secrets of an owner.
    pub fn delete_secrets(mut self, owner: &str) -> Self {
        self.batch.push(Operation::DeleteChildren(Collection::Secrets, owner.to_owned()));
        self
    }

    /// Keeps raw bytes.
    pub fn put_bytes(mut self, collection: Collection, id: &str, parent: &str, body: Vec<u8>) -> Self {
        let row = Row {
            id: id.to_owned(),
            account: String::new(),
            parent: parent.to_owned(),
            label: String::new(),
            revision: 0,
            body,
        };
        self.batch.push(Operation::Put(collection, row));
        self
    }

    /// Removes raw bytes.
    pub fn delete_bytes(mut self, collection: Collection, id: &str) -> Self {
        self.batch.push(Operation::Delete(collection, id.to_owned(), None));
        self
    }

    /// Appends to the audit log, in the same batch as what it tells of.
    pub fn audit(mut self, entry: &impl Serialize) -> Self {
        match serde_json::to_vec(entry) {
            Ok(body) => self.batch.push(Operation::Audit(body)),
            Err(source) => self.fail(Error::Encode { collection: Collection::Accounts, source }),
        }
        self
    }

    /// Carries it out. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`Error::Conflict`] or [`Error::Exists`] when a condition does not hold; then nothing was changed.
    pub async fn commit(self) -> Result<(), Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.batch.is_empty() {
            return Ok(());
        }
        failpoint::reach(failpoint::Place::Before);
        self.store.backend.commit(self.batch).await?;
        failpoint::reach(failpoint::Place::After);
        Ok(())
    }

    fn row<T: Record>(&mut self, record: &T, revision: u64) -> Option<Row> {
        match serde_json::to_vec(record) {
            Ok(body) => Some(Row {
                id: record.id(),
                account: record.account(),
                parent: record.parent(),
                label: record.label(),
                revision,
                body,
            }),
            Err(source) => {
                self.fail(Error::Encode { collection: T::COLLECTION, source });
                None
            }
        }
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}
