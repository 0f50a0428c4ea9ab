"""Training the network, with Keras on TensorFlow.

Each event of a lead is a sum of embeddings (what happened, what came of it, its place, the lead's own categories) and of when
it was. Multi-head attention lets each event look at those before it and at no later one; dense layers then see what the
attention found, the newest event and the moment of the decision. Two heads stand on them: a softmax over actions (what is
usually done next), and for each action the probability that the lead is won after it (learned only from the action that was
really done).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadloop.errors import DependencyMissing, Problem
from leadloop.recommend.competitors.network import Network
from leadloop.recommend.competitors.network_graph import Weights, write_graph
from leadloop.recommend.histories import Decisions, Histories, Vocabulary
from leadloop.recommend.settings import NetworkSettings
from leadloop.recommend.windows import CONTEXT, TIMES, Windows, whole_windows

INPUTS = ("kind", "result", "place", "times", "traits", "context")

Tick = Callable[[str], None]
Checkpoint = Callable[[int, Weights], None]
"""Is told of each epoch that is the best so far, with its weights."""


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network that was just trained."""

    network: Network
    """As it serves."""
    model: Any
    """The Keras model itself, for whoever wants to save it in another form."""
    curve: tuple[tuple[float, float], ...]
    """The loss on the training part and on the held-out part, epoch by epoch."""
    best_epoch: int
    """The epoch whose weights were kept, from 1 on."""


def require_keras() -> Any:
    """Keras on TensorFlow; raises DependencyMissing where the extra is not installed."""
    try:
        import keras
        import tensorflow  # noqa: F401  # the backend: without it Keras fails later, and less clearly
    except ImportError as error:
        raise DependencyMissing(
            "network",
            Problem(
                "keras and tensorflow", "are not installed", 'install the extra: pip install "leadloop[recommender]"'
            ),
        ) from error
    if keras.backend.backend() != "tensorflow":
        what = f"computes with {keras.backend.backend()}"
        raise DependencyMissing("network", Problem("keras", what, "set KERAS_BACKEND=tensorflow"))
    return keras


def learn_network(
    histories: Histories,
    train: Decisions,
    held_out: Decisions,
    settings: NetworkSettings,
    *,
    seed: int,
    checkpoint: Checkpoint = lambda epoch, weights: None,
    tick: Tick = lambda stage: None,
) -> TrainedNetwork:
    """The network, trained on some decisions until those that lie later are foreseen no better.

    Seeded: the same log, settings and seed give the same weights on one machine. The best epoch so far is kept, and
    handed to `checkpoint` with its weights, for whoever writes them down. Raises DependencyMissing without the extra
    `recommender`.
    """
    keras = require_keras()
    keras.utils.set_random_seed(seed)
    model = build(keras, histories.vocabulary, settings)
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate, clipnorm=1.0),
        loss=[_next_loss(keras), _won_loss(keras)],
        jit_compile=False,
    )
    given, wanted = _examples(histories, train, settings.length)
    later, later_wanted = _examples(histories, held_out, settings.length)
    curve: list[tuple[float, float]] = []
    best: list[np.ndarray] = []

    def note(epoch: int, logs: Mapping[str, float]) -> None:
        nonlocal best
        later_loss = float(logs["val_loss"])
        if not curve or later_loss < min(one for _, one in curve):
            best = model.get_weights()
            checkpoint(epoch + 1, weights_of(model))
        curve.append((float(logs["loss"]), later_loss))
        tick(f"network: epoch {epoch + 1}, loss {logs['loss']:.4f}, held out {later_loss:.4f}")

    model.fit(
        given,
        wanted,
        validation_data=(later, later_wanted),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        shuffle=True,
        verbose=0,
        callbacks=[
            # Noted before it is decided whether to stop.
            keras.callbacks.LambdaCallback(on_epoch_end=note),
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=settings.patience),
        ],
    )
    model.set_weights(best)
    graph = write_graph(weights_of(model), len(histories.vocabulary.traits))
    best_epoch = int(np.argmin([loss for _, loss in curve])) + 1
    return TrainedNetwork(Network.open(graph, settings.length), model, tuple(curve), best_epoch)


def build(keras: Any, vocabulary: Vocabulary, settings: NetworkSettings) -> Any:
    """The network before it has learned anything."""
    layers, ops = keras.layers, keras.ops
    width, actions = settings.embedding_dim, len(vocabulary.actions)
    traits = len(vocabulary.traits)
    shapes = {"times": (None, TIMES), "traits": (traits,), "context": (None, CONTEXT)}
    kinds = {"times": "float32", "context": "float32"}
    given = {name: keras.Input(shapes.get(name, (None,)), dtype=kinds.get(name, "int32"), name=name) for name in INPUTS}
    event = layers.Embedding(len(vocabulary.kinds) + 2, width, name="kinds")(given["kind"])
    event += layers.Embedding(len(vocabulary.results) + 2, width, name="results")(given["result"])
    event += layers.Embedding(settings.length + 1, width, name="places")(given["place"])
    event += layers.Dense(width, name="when")(given["times"])
    for number, levels in enumerate(vocabulary.levels):
        of_lead = layers.Embedding(len(levels) + 2, width, name=f"trait_{number}")(given["traits"][:, number])
        event += ops.expand_dims(of_lead, 1)
    event = layers.LayerNormalization(epsilon=1e-5, name="events")(event)
    attention = layers.MultiHeadAttention(
        settings.num_heads, max(1, width // settings.num_heads), dropout=settings.dropout_rate, name="attention"
    )
    # An event sees itself and those before it: padding stands behind, so no event ever sees any.
    seen = layers.LayerNormalization(epsilon=1e-5, name="seen")(event + attention(event, event, use_causal_mask=True))
    hidden = layers.Concatenate()([seen, event, given["context"]])
    for number, units in enumerate(settings.hidden_layers):
        hidden = layers.Dense(units, activation="relu", name=f"dense_{number}")(hidden)
        hidden = layers.Dropout(settings.dropout_rate)(hidden)
    heads = [layers.Dense(actions, name=name)(hidden) for name in ("next", "won")]
    return keras.Model([given[name] for name in INPUTS], heads)


def weights_of(model: Any) -> Weights:
    """Every weight by the name of its layer and its own, as arrays."""
    found: dict[str, np.ndarray] = {}
    for layer in model.layers:
        for variable in layer.weights:
            found[f"{layer.name}/{variable.path.split('/', 1)[1]}"] = np.asarray(variable.numpy(), dtype=np.float32)
    return found


def _examples(
    histories: Histories, decisions: Decisions, length: int
) -> tuple[list[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """What the network reads and what it should say: for each place the action, and whether the lead was won after it.

    Where nothing was decided, or nothing is known yet, the weight of the place is 0.
    """
    windows, places = whole_windows(histories, decisions, length)
    shape = windows.kind.shape
    action = np.zeros((*shape, 2), np.float32)
    action[places.window, places.place] = np.stack([decisions.action, np.ones(len(decisions))], axis=1)
    known = np.isfinite(decisions.won)
    won = np.zeros((*shape, 3), np.float32)
    said = np.stack([decisions.action, np.where(known, decisions.won, 0.0), known], axis=1)
    won[places.window, places.place] = said
    inputs = _as_list(windows)
    return inputs, (action, won)


def _as_list(windows: Windows) -> list[np.ndarray]:
    inputs = windows.inputs()
    return [inputs[name] for name in INPUTS]


def _next_loss(keras: Any) -> Any:
    """Cross-entropy of what was done, over the places where something was decided."""
    ops = keras.ops

    def loss(wanted: Any, said: Any) -> Any:
        action, weight = ops.cast(wanted[..., 0], "int32"), wanted[..., 1]
        each = keras.losses.sparse_categorical_crossentropy(action, said, from_logits=True)
        return ops.sum(each * weight) / (ops.sum(weight) + 1e-6)

    return loss


def _won_loss(keras: Any) -> Any:
    """Cross-entropy of winning, of the action alone that was done."""
    ops = keras.ops

    def loss(wanted: Any, said: Any) -> Any:
        taken = ops.one_hot(ops.cast(wanted[..., 0], "int32"), said.shape[-1])
        margin, won, weight = ops.sum(said * taken, axis=-1), wanted[..., 1], wanted[..., 2]
        each = ops.softplus(margin) - won * margin
        return ops.sum(each * weight) / (ops.sum(weight) + 1e-6)

    return loss
