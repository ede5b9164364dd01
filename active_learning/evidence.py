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
    ("digits", 60, 102, 73, 92, 66, 95, 16, 1, 72),
    ("digits", 100, 102, 85, 100, 91, 100, 24, 0, 85),
    ("digits", 200, 102, 85, 98, 80, 99, 39, 15, 70),
    ("synthetic", 60, 101, 91, 99, 85, 99, 21, 49, 42),
    ("synthetic", 100, 101, 77, 96, 83, 96, 23, 25, 52),
    ("synthetic", 200, 101, 79, 97, 73, 97, 36, 28, 51),
    ("breast_cancer", 60, 100, 96, 100, 91, 99, 28, 51, 45),
    ("breast_cancer", 100, 100, 84, 96, 78, 94, 36, 36, 48),
    ("breast_cancer", 200, 100, 82, 100, 67, 93, 46, 26, 56),
    ("easy", 60, 16, 16, 16, 16, 16, 5, 12, 4),
    ("easy", 100, 16, 16, 16, 16, 16, 8, 8, 8),
    ("easy", 200, 16, 16, 16, 15, 16, 11, 3, 13),
    ("label_noise", 60, 100, 80, 98, 76, 99, 22, 47, 33),
    ("label_noise", 100, 100, 78, 96, 87, 94, 30, 51, 27),
    ("label_noise", 200, 100, 82, 94, 82, 97, 42, 35, 47),
    ("four_classes", 60, 100, 87, 98, 86, 99, 16, 59, 28),
    ("four_classes", 100, 100, 79, 97, 81, 97, 25, 35, 44),
    ("four_classes", 200, 100, 90, 95, 92, 97, 32, 47, 43),
    ("eight_classes", 60, 16, 12, 16, 13, 16, 5, 4, 8),
    ("eight_classes", 100, 16, 16, 16, 13, 15, 10, 10, 6),
    ("eight_classes", 200, 16, 15, 16, 12, 15, 4, 9, 6),
    ("wide", 60, 16, 16, 16, 9, 12, 14, 1, 15),
    ("wide", 100, 16, 14, 15, 8, 14, 8, 5, 9),
    ("wide", 200, 16, 15, 16, 15, 16, 6, 5, 10),
    ("imbalanced", 60, 100, 91, 100, 91, 100, 28, 51, 40),
    ("imbalanced", 100, 100, 89, 100, 87, 99, 24, 39, 50),
    ("imbalanced", 200, 100, 93, 100, 84, 100, 44, 36, 57),
    ("noisy_digits", 60, 16, 15, 16, 14, 16, 5, 3, 12),
    ("noisy_digits", 100, 16, 13, 16, 14, 16, 5, 2, 11),
    ("noisy_digits", 200, 16, 14, 16, 16, 16, 4, 5, 9),
    ("odd_digits", 60, 16, 15, 16, 14, 16, 3, 8, 7),
    ("odd_digits", 100, 16, 15, 16, 15, 16, 6, 7, 8),
    ("odd_digits", 200, 16, 14, 15, 14, 15, 7, 7, 7),
    ("rings", 60, 100, 36, 78, 34, 73, 4, 0, 36),
    ("rings", 100, 100, 49, 87, 47, 83, 6, 0, 49),
    ("rings", 200, 100, 64, 81, 55, 80, 21, 0, 64),
    ("car_evaluation", 60, 100, 89, 100, 91, 99, 16, 49, 40),
    ("car_evaluation", 100, 100, 82, 95, 81, 98, 19, 25, 57),
    ("car_evaluation", 200, 100, 70, 98, 66, 87, 20, 24, 46),
    ("mushrooms", 60, 16, 13, 14, 12, 15, 4, 8, 5),
    ("mushrooms", 100, 16, 11, 15, 11, 13, 2, 7, 4),
    ("mushrooms", 200, 16, 11, 16, 9, 14, 0, 8, 3),
    ("telco_churn", 60, 16, 11, 14, 7, 13, 8, 5, 6),
    ("telco_churn", 100, 16, 12, 14, 11, 14, 3, 7, 5),
    ("telco_churn", 200, 16, 15, 16, 15, 15, 8, 7, 8),
    ("titanic", 60, 16, 15, 16, 15, 16, 6, 7, 8),
    ("titanic", 100, 16, 13, 16, 14, 16, 6, 3, 10),
    ("titanic", 200, 16, 15, 16, 14, 15, 9, 7, 8),
    ("taxis", 60, 16, 11, 14, 13, 14, 2, 3, 8),
    ("taxis", 100, 16, 11, 14, 11, 13, 2, 1, 10),
    ("taxis", 200, 16, 10, 16, 10, 16, 6, 3, 7),
)

# data, target (a point below the mean score of the whole budget), rule, threshold, and as in summarise_stops
STOPS = (
    ("digits", 0.952, "kappa", 0.02, 130.0, 0.945, 0.76, 0.1, 6.2, 0.0),
    ("digits", 0.952, "classification_change", 0.002, 200.0, 0.956, 0.38, 0.1, 48.5, 0.0),
    ("digits", 0.952, "overall_uncertainty", 0.15, None, 0.962, 0.1, 0.1, 140.3, 1.0),
    ("digits", 0.952, "forecast_gain", 0.03, 250.0, 0.959, 0.29, 0.1, 77.6, 0.0),
    ("synthetic", 0.911, "kappa", 0.005, 194.0, 0.922, 0.19, 0.21, 140.3, 0.04),
    ("synthetic", 0.911, "classification_change", 0.0, 184.0, 0.922, 0.17, 0.21, 121.5, 0.0),
    ("synthetic", 0.911, "overall_uncertainty", 0.15, None, 0.921, 0.21, 0.21, 235.8, 1.0),
    ("synthetic", 0.911, "forecast_gain", 0.02, 154.0, 0.921, 0.19, 0.21, 98.6, 0.0),
    ("iris", 0.947, "kappa", 0.005, 105.0, 0.956, 0.31, 0.3, 66.0, 0.3),
    ("iris", 0.947, "classification_change", 0.0, 61.0, 0.955, 0.3, 0.3, 32.9, 0.0),
    ("iris", 0.947, "overall_uncertainty", 0.15, None, 0.957, 0.3, 0.3, 74.7, 1.0),
    ("iris", 0.947, "forecast_gain", 0.02, None, 0.956, 0.3, 0.3, 50.3, 0.52),
    ("wine", 0.972, "kappa", 0.005, 66.0, 0.981, 0.25, 0.21, 35.5, 0.0),
    ("wine", 0.972, "classification_change", 0.0, 46.0, 0.981, 0.26, 0.21, 20.2, 0.0),
    ("wine", 0.972, "overall_uncertainty", 0.15, 46.0, 0.981, 0.26, 0.21, 19.7, 0.0),
    ("wine", 0.972, "forecast_gain", 0.02, 56.0, 0.981, 0.25, 0.21, 27.1, 0.0),
    ("breast_cancer", 0.967, "kappa", 0.005, 94.0, 0.976, 0.15, 0.2, 58.2, 0.0),
    ("breast_cancer", 0.967, "classification_change", 0.0, 84.0, 0.975, 0.21, 0.2, 45.7, 0.0),
    ("breast_cancer", 0.967, "overall_uncertainty", 0.15, 64.0, 0.975, 0.24, 0.2, 35.2, 0.0),
    ("breast_cancer", 0.967, "forecast_gain", 0.02, 104.0, 0.975, 0.23, 0.2, 51.1, 0.0),
    ("unbalanced", 0.932, "kappa", 0.005, 300.0, 0.942, 0.06, 0.05, 197.8, 0.44),
    ("unbalanced", 0.932, "classification_change", 0.0, 196.0, 0.941, 0.07, 0.05, 137.7, 0.03),
    ("unbalanced", 0.932, "overall_uncertainty", 0.15, 206.0, 0.941, 0.08, 0.05, 141.6, 0.18),
    ("unbalanced", 0.932, "forecast_gain", 0.02, 206.0, 0.941, 0.06, 0.05, 145.3, 0.01),
)
# fmt: on
