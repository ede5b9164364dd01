"""What the replays found: how often a forecast's intervals held, and where stop rules stopped. Notebook 5 shows it.

Printed by `python tests/bench_forecast.py prove` and `stops`. A data set's rows come from constants and thresholds
that were chosen without it. Not here: the tables (replays); the constants that users get, made with
all data sets (calibration, stopping).
"""

# data, labels at the forecast, replays; in how many the truth lay in the interval of the labels needed (80 %, 95 %)
# and of the score after 100 more (80 %, 95 %); the median of the labels needed within 25 % of the truth; said "too
# early to say"; and not said, with the truth in the 80 % interval of the labels needed
# fmt: off
COVERAGE = (
    ("digits", 60, 102, 85, 95, 84, 98, 25, 3, 82),
    ("digits", 100, 102, 87, 101, 92, 100, 30, 2, 85),
    ("digits", 200, 102, 93, 99, 80, 100, 43, 17, 76),
    ("synthetic", 60, 101, 88, 99, 86, 96, 19, 51, 37),
    ("synthetic", 100, 101, 79, 100, 83, 98, 22, 38, 41),
    ("synthetic", 200, 101, 78, 97, 74, 97, 30, 45, 33),
    ("breast_cancer", 60, 100, 80, 95, 80, 96, 20, 65, 15),
    ("breast_cancer", 100, 100, 79, 96, 64, 94, 30, 39, 40),
    ("breast_cancer", 200, 100, 78, 97, 59, 78, 25, 47, 31),
    ("easy", 60, 16, 14, 16, 14, 16, 3, 9, 5),
    ("easy", 100, 16, 16, 16, 14, 16, 5, 6, 10),
    ("easy", 200, 16, 15, 16, 16, 16, 9, 5, 10),
    ("label_noise", 60, 100, 87, 97, 80, 98, 23, 53, 34),
    ("label_noise", 100, 100, 83, 97, 87, 97, 31, 54, 29),
    ("label_noise", 200, 100, 85, 95, 84, 97, 40, 38, 47),
    ("four_classes", 60, 100, 87, 98, 87, 99, 12, 66, 21),
    ("four_classes", 100, 100, 86, 95, 84, 96, 18, 48, 38),
    ("four_classes", 200, 100, 92, 97, 94, 99, 35, 61, 31),
    ("eight_classes", 60, 16, 13, 16, 12, 16, 5, 8, 5),
    ("eight_classes", 100, 16, 15, 16, 13, 15, 10, 3, 12),
    ("eight_classes", 200, 16, 16, 16, 13, 15, 6, 9, 7),
    ("wide", 60, 16, 16, 16, 9, 12, 14, 2, 14),
    ("wide", 100, 16, 14, 15, 8, 13, 10, 3, 11),
    ("wide", 200, 16, 14, 15, 13, 16, 6, 5, 9),
    ("imbalanced", 60, 100, 85, 99, 83, 98, 18, 52, 33),
    ("imbalanced", 100, 100, 82, 99, 81, 99, 19, 31, 51),
    ("imbalanced", 200, 100, 92, 100, 87, 100, 38, 42, 50),
    ("noisy_digits", 60, 16, 15, 16, 15, 16, 4, 7, 8),
    ("noisy_digits", 100, 16, 16, 16, 15, 16, 7, 7, 9),
    ("noisy_digits", 200, 16, 13, 16, 15, 16, 5, 7, 6),
    ("odd_digits", 60, 16, 14, 16, 15, 16, 4, 10, 4),
    ("odd_digits", 100, 16, 14, 15, 14, 16, 5, 7, 7),
    ("odd_digits", 200, 16, 14, 15, 13, 15, 6, 8, 6),
    ("rings", 60, 100, 51, 91, 47, 85, 7, 0, 51),
    ("rings", 100, 100, 69, 94, 64, 93, 15, 0, 69),
    ("rings", 200, 100, 76, 95, 64, 95, 30, 0, 76),
    ("car_evaluation", 60, 100, 88, 100, 89, 99, 19, 54, 34),
    ("car_evaluation", 100, 100, 82, 98, 82, 99, 23, 38, 44),
    ("car_evaluation", 200, 100, 79, 100, 70, 94, 22, 44, 35),
    ("mushrooms", 60, 16, 13, 15, 12, 15, 4, 8, 5),
    ("mushrooms", 100, 16, 10, 14, 9, 14, 2, 4, 6),
    ("mushrooms", 200, 16, 6, 12, 4, 9, 2, 5, 1),
    ("telco_churn", 60, 16, 11, 12, 8, 13, 7, 5, 6),
    ("telco_churn", 100, 16, 12, 14, 11, 14, 3, 8, 4),
    ("telco_churn", 200, 16, 15, 15, 15, 15, 7, 6, 9),
    ("titanic", 60, 16, 15, 16, 15, 16, 6, 8, 7),
    ("titanic", 100, 16, 13, 16, 14, 16, 7, 6, 7),
    ("titanic", 200, 16, 15, 16, 15, 15, 10, 7, 8),
    ("taxis", 60, 16, 11, 13, 12, 14, 2, 2, 9),
    ("taxis", 100, 16, 10, 14, 11, 14, 0, 1, 9),
    ("taxis", 200, 16, 12, 16, 14, 16, 6, 4, 8),
)

# data, target (a point below the mean score of the whole budget), rule, threshold, and as in summarise_stops
STOPS = (
    ("digits", 0.952, "kappa", 0.02, 130.0, 0.945, 0.76, 0.1, 6.2, 0.0),
    ("digits", 0.952, "classification_change", 0.002, 200.0, 0.956, 0.38, 0.1, 48.5, 0.0),
    ("digits", 0.952, "overall_uncertainty", 0.15, None, 0.962, 0.1, 0.1, 140.3, 1.0),
    ("digits", 0.952, "forecast_gain", 0.03, 250.0, 0.959, 0.29, 0.1, 78.9, 0.0),
    ("synthetic", 0.911, "kappa", 0.005, 194.0, 0.922, 0.19, 0.21, 140.3, 0.04),
    ("synthetic", 0.911, "classification_change", 0.0, 184.0, 0.922, 0.17, 0.21, 121.5, 0.0),
    ("synthetic", 0.911, "overall_uncertainty", 0.15, None, 0.921, 0.21, 0.21, 235.8, 1.0),
    ("synthetic", 0.911, "forecast_gain", 0.02, 154.0, 0.921, 0.17, 0.21, 101.9, 0.0),
    ("iris", 0.947, "kappa", 0.005, 105.0, 0.956, 0.31, 0.3, 66.0, 0.3),
    ("iris", 0.947, "classification_change", 0.0, 61.0, 0.955, 0.3, 0.3, 32.9, 0.0),
    ("iris", 0.947, "overall_uncertainty", 0.15, None, 0.957, 0.3, 0.3, 74.7, 1.0),
    ("iris", 0.947, "forecast_gain", 0.02, None, 0.956, 0.31, 0.3, 73.1, 0.96),
    ("wine", 0.972, "kappa", 0.005, 66.0, 0.981, 0.25, 0.21, 35.5, 0.0),
    ("wine", 0.972, "classification_change", 0.0, 46.0, 0.981, 0.26, 0.21, 20.2, 0.0),
    ("wine", 0.972, "overall_uncertainty", 0.15, 46.0, 0.981, 0.26, 0.21, 19.7, 0.0),
    ("wine", 0.972, "forecast_gain", 0.02, 56.0, 0.981, 0.24, 0.21, 34.4, 0.0),
    ("breast_cancer", 0.967, "kappa", 0.005, 94.0, 0.976, 0.15, 0.2, 58.2, 0.0),
    ("breast_cancer", 0.967, "classification_change", 0.0, 84.0, 0.975, 0.21, 0.2, 45.7, 0.0),
    ("breast_cancer", 0.967, "overall_uncertainty", 0.15, 64.0, 0.975, 0.24, 0.2, 35.2, 0.0),
    ("breast_cancer", 0.967, "forecast_gain", 0.02, 104.0, 0.975, 0.2, 0.2, 62.2, 0.0),
    ("unbalanced", 0.932, "kappa", 0.005, 300.0, 0.942, 0.06, 0.05, 197.8, 0.44),
    ("unbalanced", 0.932, "classification_change", 0.0, 196.0, 0.941, 0.07, 0.05, 137.7, 0.03),
    ("unbalanced", 0.932, "overall_uncertainty", 0.15, 206.0, 0.941, 0.08, 0.05, 141.6, 0.18),
    ("unbalanced", 0.932, "forecast_gain", 0.02, 206.0, 0.942, 0.05, 0.05, 148.4, 0.0),
)
# fmt: on
