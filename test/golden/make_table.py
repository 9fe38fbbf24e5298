"""Writes table.json: scikit-learn's scalers, encoders and figures on small random data. Run: python3 make_table.py (scikit-learn 1.2)."""
import json
import numpy as np
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score, roc_curve
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.class_weight import compute_class_weight

rng = np.random.default_rng(5)
x = np.round(rng.normal(50, 12, 41), 3)
scaled = {name: s.fit_transform(x[:, None])[:, 0].tolist() for name, s in
          [("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())]}

n = 60
targets = (rng.random(n) < 0.4).astype(int)
scores = np.round(targets * 0.3 + rng.random(n), 1)  # one decimal: many ties
fpr, tpr, _ = roc_curve(targets, scores, drop_intermediate=False)

classes = rng.integers(0, 3, n)
p = rng.random((n, 3)) + 0.5 * np.eye(3)[classes]
p /= p.sum(axis=1, keepdims=True)
weights = compute_class_weight("balanced", classes=np.arange(3), y=classes)

json.dump({
    "x": x.tolist(), "scaled": scaled,
    "targets": targets.tolist(), "scores": scores.tolist(),
    "auc": roc_auc_score(targets, scores), "fpr": fpr.tolist(), "tpr": tpr.tolist(),
    "classes": classes.tolist(), "probabilities": p.ravel().tolist(),
    "aucOvr": roc_auc_score(classes, p, multi_class="ovr", average="macro"),
    "logLoss": log_loss(classes, p),
    "balancedAccuracy": balanced_accuracy_score(classes, p.argmax(axis=1)),
    "weights": weights[classes].tolist(),
}, open("table.json", "w"))
