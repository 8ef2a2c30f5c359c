"""What a cell of the book can ask for: trained models, data sets, pictures, curves and tables.

The same calls work in the page, where the page's own engine runs the models, and in any Python
beside the repository's `build/models` (then `pip install site_assets/python[files]`).
"""

from book.charts import plot
from book.datasets import Data, data
from book.models import Model, model
from book.pictures import show
from book.tables import table

__version__ = "1.0.0"
__all__ = ["Data", "Model", "data", "model", "plot", "show", "table"]
