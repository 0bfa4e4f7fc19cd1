// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
//
// Eigen's decompositions of the kinds that Rungs uses, promised from one object file: in a file that includes all of
// Rungs they are half of what g++ takes. For our own executables alone; a user of the headers needs nothing of this.
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <unsupported/Eigen/MatrixFunctions>

#ifndef RUNGS_DECOMPOSITIONS  // decompositions.cpp reads the list again, to keep the promise
#define RUNGS_DECOMPOSITIONS extern
#endif

namespace Eigen {

RUNGS_DECOMPOSITIONS template class PartialPivLU<MatrixXd>;
RUNGS_DECOMPOSITIONS template class LLT<MatrixXd>;
RUNGS_DECOMPOSITIONS template LLT<MatrixXd>& LLT<MatrixXd>::compute(const EigenBase<MatrixXd>&);
RUNGS_DECOMPOSITIONS template class LDLT<MatrixXd>;
RUNGS_DECOMPOSITIONS template LDLT<MatrixXd>& LDLT<MatrixXd>::compute(const EigenBase<MatrixXd>&);
RUNGS_DECOMPOSITIONS template class HouseholderQR<MatrixXd>;
RUNGS_DECOMPOSITIONS template class ColPivHouseholderQR<MatrixXd>;
RUNGS_DECOMPOSITIONS template class CompleteOrthogonalDecomposition<MatrixXd>;
RUNGS_DECOMPOSITIONS template void CompleteOrthogonalDecomposition<MatrixXd>::_solve_impl(const VectorXd&,
                                                                                          VectorXd&) const;
RUNGS_DECOMPOSITIONS template class JacobiSVD<MatrixXd>;
RUNGS_DECOMPOSITIONS template SelfAdjointEigenSolver<MatrixXd>& SelfAdjointEigenSolver<MatrixXd>::compute(
    const EigenBase<MatrixXd>&, int);
RUNGS_DECOMPOSITIONS template class EigenSolver<MatrixXd>;
RUNGS_DECOMPOSITIONS template EigenSolver<MatrixXd>& EigenSolver<MatrixXd>::compute(const EigenBase<MatrixXd>&, bool);
RUNGS_DECOMPOSITIONS template class ComplexSchur<MatrixXcd>;
RUNGS_DECOMPOSITIONS template ComplexSchur<MatrixXcd>& ComplexSchur<MatrixXcd>::compute(const EigenBase<MatrixXcd>&,
                                                                                        bool);
RUNGS_DECOMPOSITIONS template ComplexSchur<MatrixXd>& ComplexSchur<MatrixXd>::compute(const EigenBase<MatrixXd>&, bool);
RUNGS_DECOMPOSITIONS template void MatrixPower<MatrixXd>::compute(MatrixXd&, double);
// Of the logarithm only this is no inline function.
RUNGS_DECOMPOSITIONS template void internal::matrix_function_compute_above_diagonal(const MatrixXcd&,
                                                                                    const Matrix<Index, Dynamic, 1>&,
                                                                                    const Matrix<Index, Dynamic, 1>&,
                                                                                    MatrixXcd&);

}  // namespace Eigen
