"""Results as typed tables of Arrow, or as data frames of pandas if it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Table: TypeAlias = pa.Table
DataFrame: TypeAlias = "pd.DataFrame"
NO_PANDAS = "to_pandas: expected pandas, found it not installed; pip install 'plateprint[pandas]', or use to_arrow()"


def arrow_table(schema: Mapping[str, str], columns: Mapping[str, Any]) -> Table:
    """Build a table of columns of one length.

    Parameters
    ----------
    schema
        Name and Arrow type of each column, in order, such as {"value": "double"}.
    columns
        The values of each column, a sequence or an array; None for missing values.
    """
    typed = [(name, pa.type_for_alias(kind)) for name, kind in schema.items()]
    return pa.table([pa.array(columns[name], kind) for name, kind in typed], schema=pa.schema(typed))


def data_frame(table: Table) -> DataFrame:
    """Convert a table to a data frame; raise ImportError, with the package to install, if pandas is missing."""
    if find_spec("pandas") is None:
        raise ImportError(NO_PANDAS, name="pandas")
    return table.to_pandas()
