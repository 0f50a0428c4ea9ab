"""What each field is owed for one leaf of a tree: its exact Shapley values.

A leaf speaks for a row through its path. Feature j of the path is satisfied by the row (o_j = 1) or is not (0), and z_j is
the share of training rows that its splits let through. When only the features in S are known, the leaf of value v adds

    v * (product over j in S of o_j) * (product over j not in S of z_j)

to the margin (path-dependent TreeSHAP, Lundberg et al. 2020, arXiv 1905.04610). The Shapley value of feature j is then

    v * (o_j - z_j) * integral for t from 0 to 1 of (product over k != j of o_k t + z_k (1 - t)) dt

(Owen 1972, Multilinear extensions of games): the integral of a polynomial of degree m - 1 for m features, which Gauss's rule
gives exactly from m / 2 points. All terms of the rule have one sign, so nothing cancels, however deep the tree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def gauss(points: int) -> tuple[Floats, Floats]:
    """Points and weights on 0..1 that integrate a path of up to twice as many features exactly.

    >>> at, weight = gauss(2)
    >>> [round(float((weight * at**power).sum()), 12) for power in range(4)]
    [1.0, 0.5, 0.333333333333, 0.25]
    """
    at, weight = np.polynomial.legendre.leggauss(points)
    return (at + 1) / 2, weight / 2


def products(shares: Floats, at: Floats) -> Floats:
    """The product of `o t + z (1 - t)` over the features of each leaf, at each point, for every pattern of o.

    From shares of shape (leaves, m) and (points,) to (points, leaves, 2**m); bit j of the number of a pattern is o_j.
    """
    product = np.ones((len(at), len(shares), 1))
    t = at[:, None, None]
    for j in range(shares.shape[1]):
        not_satisfied = shares[:, j, None] * (1 - t)
        product = np.concatenate([product * not_satisfied, product * (not_satisfied + t)], axis=2)
    return product


def slope_if_not(at: Floats) -> Floats:
    """`(o - z) / (o t + z (1 - t))` at each point for a feature that is not satisfied: the same whatever its share."""
    return 1 / (at - 1)


def slope_if_so(shares: Floats, at: Floats) -> Floats:
    """`(o - z) / (o t + z (1 - t))` for satisfied features of these shares: a first axis of points before theirs."""
    t = at.reshape(-1, *[1] * shares.ndim)
    return (1 - shares) / (shares * (1 - t) + t)


def bits(features: int) -> npt.NDArray[np.bool_]:
    """Which features each pattern satisfies: shape (features, patterns).

    >>> bits(2).astype(int).tolist()
    [[0, 1, 0, 1], [0, 0, 1, 1]]
    """
    return (np.arange(1 << features) >> np.arange(features)[:, None] & 1).astype(bool)


def leaf_tables(values: Floats, shares: Floats) -> Floats:
    """The Shapley values of leaves for every pattern of o: from (leaves,) and (leaves, m) to (leaves, 2**m, m).

    >>> leaf_tables(np.array([2.0]), np.array([[0.25]])).tolist()
    [[[-0.5], [1.5]]]
    """
    leaves, m = shares.shape
    at, weight = gauss(max(1, (m + 1) // 2))
    if_not, if_so = np.zeros((leaves, 1, 1 << m)), np.zeros((leaves, m, 1 << m))
    slopes = zip(slope_if_not(at), slope_if_so(shares, at), strict=True)
    for w, product, (never, rise) in zip(weight, products(shares, at), slopes, strict=True):
        product *= (values * w)[:, None]
        if_not += (product * never)[:, None, :]
        if_so += product[:, None, :] * rise[:, :, None]
    return np.where(bits(m), if_so, if_not).transpose(0, 2, 1)


def leaf_polynomials(values: Floats, shares: Floats, points: int) -> Floats:
    """What the features below a node bring to its leaves' sums: from (leaves,) and (leaves, m) to
    (leaves, 2**m, 1 + m, points).

    Before any feature above the node is heard: first the product itself, with the leaf's value and the rule's weight, then
    the same with each feature's slope.
    """
    _leaves, m = shares.shape
    at, weight = gauss(points)
    product = products(shares, at) * (values * weight[:, None])[:, :, None]
    slope = np.where(bits(m), slope_if_so(shares, at)[..., None], slope_if_not(at)[:, None, None, None])
    whole = np.concatenate([product[:, :, None, :], product[:, :, None, :] * slope], axis=2)
    return whole.transpose(1, 3, 2, 0)
