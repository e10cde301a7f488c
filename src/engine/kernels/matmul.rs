//! One matrix multiplication on one thread over slices, for loops that are already spread over threads.

use gemm::Parallelism;

/// A strided view: element (r, c) lies at r * `row` + c * `column`.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row: usize,
    column: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major rows of `columns` numbers, filling `data`.
    pub fn rows(data: &'a [f32], columns: usize) -> Self {
        Self { data, rows: data.len() / columns, columns, row: columns, column: 1 }
    }

    pub fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, row: self.column, column: self.row, ..self }
    }

    fn inside(&self) -> bool {
        self.rows > 0
            && self.columns > 0
            && (self.rows - 1) * self.row + (self.columns - 1) * self.column < self.data.len()
    }
}

/// `out` = scale * a b, or `out` + scale * a b; `out` is row-major with `stride` numbers from row to row.
///
/// # Panics
/// Where the shapes do not fit each other: a programming error, never input data.
pub fn multiply(out: &mut [f32], stride: usize, a: Matrix, b: Matrix, scale: f32, add: bool) {
    assert!(a.columns == b.rows && a.inside() && b.inside() && b.columns <= stride);
    assert!((a.rows - 1) * stride + b.columns <= out.len());
    let (step, a_row, a_column) = (stride as isize, a.row as isize, a.column as isize);
    let (b_row, b_column) = (b.row as isize, b.column as isize);
    // SAFETY: the two assertions bound every element that these shapes and strides reach, for reading in `a` and `b` and
    // for writing in `out`, which nothing else borrows. gemm has no safe interface, and candle's would allocate per call.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            step,
            add,
            a.data.as_ptr(),
            a_column,
            a_row,
            b.data.as_ptr(),
            b_column,
            b_row,
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
