"""What other tools call the keys of an experiment, so that such a name can be answered with the right one."""

from __future__ import annotations

from collections.abc import Iterable

ALIASES = {
    "learning_rate": "lr max_lr peak_lr base_lr rate step_size learningrate",
    "batch_size": "bs batch batchsize train_batch_size per_device_train_batch_size minibatch_size",
    "weight_decay": "wd decay",
    "epochs": "epoch n_epochs num_epochs max_epochs num_train_epochs passes",
    "schedule": "scheduler lr_schedule lr_scheduler lr_scheduler_type",
    "optimizer": "optim optimiser solver",
    "warmup": "warmup_ratio warmup_steps warmup_share",
    "max_grad_norm": "grad_clip clip clip_norm gradient_clip gradient_clip_val grad_norm max_norm",
    "evaluations": "evals eval_every eval_steps checks",
    "keep": "early_stopping load_best_model_at_end",
    "l2": "reg regularization c alpha_l2",
    "validation": "val valid dev n_validation n_val",
    "test": "n_test test_size eval",
    "supervisor": "n_supervisor n_weak weak_size",
    "transfer": "n_transfer n_strong student",
    "name": "task method dataset type",
    "model": "name model_name architecture",
    "path": "file filename file_path data data_path data_file csv model_name_or_path repo",
    "text": "text_column sentence sentences input inputs content x",
    "label": "label_column target targets class y gold",
    "labels": "class_names classes label_names",
    "max_length": "max_len max_seq_len max_seq_length max_ctx context_length max_tokens",
    "training": "tuning mode peft",
    "lora_rank": "r rank lora_r",
    "limit": "max_rows max_examples n_examples subset",
    "n": "size n_rows n_samples",
    "links": "steps n_links",
    "seeds": "seed random_seed random_state",
    "task": "dataset data",
    "weak": "teacher supervisor weak_model",
    "strong": "student strong_model",
    "train": "training optimizer trainer optim hyperparameters",
    "sweep": "grid search",
    "about": "description name title",
    "metric": "metrics score scoring",
    "n_ground_truth": "n_gt gt budget ground_truth n_clean n_gold n_trusted n_labelled",
}
"""For each key, what other tools call it."""
NAMES = {
    "naive": "xent crossentropy finetune finetuning baseline",
    "confidence": "logconf auxconf confidence_aux",
    "adaptive_confidence": "adaptconf augconf",
    "reverse_kl": "rkl kl_reverse",
    "reverse_ce": "rce reverse_cross_entropy",
    "js": "jsd jensen_shannon",
    "alpha": "alpha_divergence hellinger",
    "total_variation": "tv mae",
    "gce": "generalized_cross_entropy generalised_cross_entropy truncated_ce",
    "sce": "symmetric_cross_entropy",
    "elr": "early_learning early_learning_regularization",
    "margin_weighted": "cw_po cwpo cw_dpo confidence_weighted confidence_weighting",
    "macro_f1": "f1 f1_score f1_macro",
    "auroc": "auc roc_auc",
    "log_likelihood": "nll log_loss logloss loss",
    "calibration_error": "ece",
    "top5_accuracy": "top5 top_5 acc5",
    "adam": "adamw adam_w",
    "lbfgs": "newton logistic_regression logreg",
    "probe": "linear_probe linear head frozen",
    "full": "finetune finetuning all",
    "cosine": "cosine_with_warmup cosine_annealing cosine_schedule",
    "linear": "linear_with_warmup",
    "best": "early_stopping",
}
"""For each name that is a value, what other tools call it."""


def meant(name: str, known: Iterable[str]) -> list[str]:
    """Of the known keys, those that this one is another name of, by whatever capitals and hyphens."""
    word = name.lower().replace("-", "_").replace(" ", "_")
    return [key for key in known if key == word or word in f"{ALIASES.get(key, '')} {NAMES.get(key, '')}".split()]
