//! `Template`.

use crate::column::{Elements, Scalars};
use crate::convert::raise;
use crate::group::Group;
use crate::store::{Id, for_group};
use psephos_crypto::{Fault, Hole, Reading, Template as Matcher};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

/// A text with holes: the one canonical form of a ballot of one election.
#[pyclass(frozen, module = "psephos_kernel")]
pub(crate) struct Template {
    id: Id,
    matcher: Matcher,
}

/// (row, byte offset, hole or -1 between holes, reason).
type Refusal = (usize, usize, isize, &'static str);

#[pymethods]
impl Template {
    #[new]
    fn new(group: &Group, parts: Vec<PyBackedBytes>, holes: Vec<String>) -> PyResult<Self> {
        let holes: Option<Vec<Hole>> = holes.iter().map(|name| Hole::from_name(name)).collect();
        let holes = holes.ok_or_else(|| PyValueError::new_err("no such kind of hole"))?;
        let parts = parts.iter().map(|part| part.to_vec()).collect();
        let matcher = Matcher::new(parts, holes).map_err(raise)?;
        Ok(Self {
            id: group.0,
            matcher,
        })
    }

    /// Match every text in full.
    fn read(
        &self,
        py: Python<'_>,
        texts: Vec<PyBackedBytes>,
    ) -> (Vec<Elements>, Vec<Scalars>, Vec<Refusal>) {
        for_group!(self.id, G => {
            let reading: Reading<G> = py.detach(|| self.matcher.read(&texts));
            let elements = reading.elements.into_iter();
            let scalars = reading.scalars.into_iter();
            (
                elements.map(|column| Elements::new::<G>(self.id, column)).collect(),
                scalars.map(|column| Scalars::new::<G>(self.id, column)).collect(),
                reading.faults.into_iter().map(refusal).collect(),
            )
        })
    }

    /// Fill the holes, one text per row.
    fn write<'py>(
        &self,
        py: Python<'py>,
        elements: Vec<Elements>,
        scalars: Vec<Scalars>,
        digests: Vec<Vec<PyBackedBytes>>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        for_group!(self.id, G => {
            let elements = elements.iter().map(|column| column.get::<G>().map(Vec::as_slice));
            let elements = elements.collect::<PyResult<Vec<_>>>()?;
            let scalars = scalars.iter().map(|column| column.get::<G>().map(Vec::as_slice));
            let scalars = scalars.collect::<PyResult<Vec<_>>>()?;
            let texts = py
                .detach(|| self.matcher.write::<G>(&elements, &scalars, &digests))
                .map_err(raise)?;
            Ok(texts.iter().map(|text| PyBytes::new(py, text)).collect())
        })
    }
}

fn refusal(fault: Fault) -> Refusal {
    let hole = fault.hole.and_then(|hole| isize::try_from(hole).ok());
    (
        fault.row,
        fault.offset,
        hole.unwrap_or(-1),
        fault.reason.as_str(),
    )
}
