# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every problem id with what it means and the way out: the text behind `seqforge explain`.

SF00xx files and syntax · SF01xx structure and general · SF02xx components and hyper-parameters · SF03xx parts that do
not fit together · SF04xx architectures and external files · SF05xx shapes · SF06xx data definitions · SF07xx data files
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    title: str
    explanation: str  # why it is wrong, and how to mend it


CATALOGUE: dict[str, Entry] = {
    # SF00xx files and syntax
    "SF0001": Entry(
        "the file does not exist",
        "There is no file at this path. Paths on the command line start at the working directory; the message"
        " names the most similar definition beside it.",
    ),
    "SF0002": Entry(
        "the file cannot be read",
        "The path is a folder, or the operating system refuses to read it. `validate` takes folders, the "
        "other verbs take one file.",
    ),
    "SF0003": Entry(
        "the file is empty",
        "A definition needs a root element, `seqgramodel` or `seqgradata`. `seqforge new` writes a valid one "
        "to start from.",
    ),
    "SF0004": Entry(
        "the file is too large",
        "A definition is a few kilobytes; more than 10 MiB is refused before it is read. Data belong into "
        "files that a definition names.",
    ),
    "SF0005": Entry(
        "the file is not text in UTF-8, or neither XML nor JSON",
        "Definitions are UTF-8, with or without a byte order mark. The line and column are those of the first"
        " byte that is not. XML begins with '<', JSON with '{'.",
    ),
    "SF0006": Entry(
        "not well-formed XML",
        "A tag is not closed, an attribute stands twice, or a character such as '&' stands unescaped. Nothing"
        " behind this place can be read before it is mended.",
    ),
    "SF0007": Entry(
        "a document type or entity",
        "DOCTYPE and entity declarations can read other files and expand without bounds, and no definition "
        "needs them: remove the declaration. The five entities of XML itself (&lt; &gt; &amp; &quot; &apos;) "
        "always work.",
    ),
    "SF0008": Entry(
        "nested too deeply",
        "The language needs 9 levels; more than 64 are refused.",
    ),
    "SF0009": Entry(
        "a CDATA section",
        "Values are plain texts. What stands inside <![CDATA[…]]> is not read; write it plainly, with &lt; "
        "for < and &amp; for &.",
    ),
    "SF0010": Entry(
        "not valid JSON",
        "JSON as in RFC 8259: keys and texts in double quotes, no comments, no comma behind the last item, no"
        " NaN or Infinity.",
    ),
    "SF0011": Entry(
        "a JSON key twice",
        "Most readers would silently keep the last one. Keep one. A list of hyper-parameters in which a name "
        'really occurs twice can be written at length: "hyperparameter": [{"name": …, "value": …}, …].',
    ),
    "SF0012": Entry(
        "a setting that is none",
        "`--set` takes path=value, for example --set trainingprocess.epochs=3.",
    ),
    "SF0013": Entry(
        "a setting whose path leads nowhere",
        "A path names elements, then an attribute or a hyper-parameter, separated by '.' or '/'. Where an "
        "element stands several times it takes a number: optimizer[2].learning_rate. `seqforge show FILE` "
        "lists the values of a definition.",
    ),
    # SF01xx structure and general
    "SF0101": Entry(
        "the schema refuses it",
        "The definition violates schemas/model-definition.xsd or schemas/data-definition.xsd at this place.",
    ),
    "SF0102": Entry(
        "unknown root",
        "A model definition has the root `seqgramodel`, a data definition `seqgradata`; in JSON it is the one"
        " key of the outermost object.",
    ),
    "SF0103": Entry(
        "the other kind of definition",
        "A data definition was given where a model definition is needed, or the reverse.",
    ),
    "SF0104": Entry(
        "unknown element",
        "This element does not exist here. The message names the nearest one, or where an element of this "
        "name belongs. Element names compare with case.",
    ),
    "SF0105": Entry(
        "unknown attribute",
        "This element does not have the attribute. Attribute names compare with case.",
    ),
    "SF0106": Entry(
        "an element is missing",
        "The language requires the element here; the message says where it stands.",
    ),
    "SF0107": Entry(
        "an attribute is missing",
        "The language requires the attribute.",
    ),
    "SF0108": Entry(
        "elements in the wrong order",
        "The children of an element stand in a fixed order, which the message lists. (In JSON the order of "
        "keys is free.)",
    ),
    "SF0109": Entry(
        "an element is repeated",
        "The element may stand here once, or a fixed number of times.",
    ),
    "SF0110": Entry(
        "an empty value",
        "A value is required. A comment is not a value.",
    ),
    "SF0111": Entry(
        "a value that does not fit",
        "The text is not what its element or attribute may say; the message gives the expected kind and range.",
    ),
    "SF0112": Entry(
        "stray text",
        "This element holds elements only. Often a tag is missing around the text.",
    ),
    "SF0113": Entry(
        "two alternatives at once",
        "The elements exclude each other: labels or heads, label or pattern, sequential or external, "
        "kmerbased or matrixbased.",
    ),
    "SF0114": Entry(
        "a newer language version",
        "The definition is written in a version of the language that this SeqForge does not know. Update SeqForge.",
    ),
    "SF0115": Entry(
        "an id twice",
        "Ids of conditions and sequence elements and names of sets are unique, because others refer to them.",
    ),
    "SF0116": Entry(
        "a reference to nothing",
        "No condition, sequence element or set has this id. Ids compare with case.",
    ),
    "SF0117": Entry(
        "the wrong JSON form",
        "A list stands where an object is expected, or the reverse. `seqforge convert FILE.xml -` shows the "
        "JSON form of a definition.",
    ),
    "SF0118": Entry(
        "more problems than are listed",
        "A file with so many problems is probably no definition, or one mistake made them all: mend the first ones "
        "and validate again.",
    ),
    "SF0119": Entry(
        "a pattern of too many labels",
        "The range of the pattern was probably mistyped.",
    ),
    "SF0141": Entry(
        "unknown key of a training configuration",
        "A JSON file with `settings` and `heads` is a training configuration of the BPNet family. Its keys are a "
        "closed list, which docs/profiles.md shows; the message names the nearest one, or where the key belongs.",
    ),
    "SF0142": Entry(
        "a key of a training configuration is missing",
        "The message lists every required key that the object lacks. Which ones are required depends on the model: "
        "solo, transformation or combined.",
    ),
    "SF0143": Entry(
        "a value of a training configuration that does not fit",
        "The key takes another type or range. Numbers, true and false stand without quotes.",
    ),
    "SF0144": Entry(
        "which model a training configuration is for",
        "`settings.architecture` alone makes it solo, `settings.solo-model-file` a transformation, and "
        "`settings.transformation-model` beside the architecture combined. None of them, or a mixture, says nothing.",
    ),
    "SF0145": Entry(
        "more than a training configuration can say",
        "A definition fits into a training configuration if it uses nothing beyond the keys of docs/profiles.md. "
        "`seqforge convert --to json` writes SeqForge's own JSON form, which holds every definition.",
    ),
    "SF0146": Entry(
        "unknown key of fit parameters",
        "A JSON file with keys such as `sequences`, `loci` and `signals` holds fit parameters of Cherimoya. Its keys "
        "are a closed list; the message names the nearest one.",
    ),
    "SF0147": Entry(
        "keys of fit parameters are missing",
        "`name`, `sequences`, `loci` and `signals` have no default: the message lists those that the file lacks.",
    ),
    "SF0148": Entry(
        "a value of fit parameters that does not fit",
        "The key takes another type or range, or two keys do not go together. Numbers, true and false stand without "
        "quotes; null is as good as absent, but for `early_stopping`, which it switches off.",
    ),
    "SF0149": Entry(
        "a key of fit parameters that means nothing in a definition",
        "Some keys say how a program runs, not what is trained. They are accepted, and left out of the definition.",
    ),
    "SF0151": Entry(
        "unknown task",
        "`general/task` says what is predicted and decides targets, losses and metrics. The message lists the"
        " tasks; they compare without case.",
    ),
    "SF0152": Entry(
        "unknown sequence space",
        "`general/sequencespace` is the alphabet of the sequences: DNA, RNA or protein.",
    ),
    "SF0153": Entry(
        "unknown library",
        "`general/library` is the backend: PyTorch, Keras (TensorFlow is another name of it) or "
        "BayesOptimalClassifier, which is not trained.",
    ),
    "SF0154": Entry(
        "unknown implementation",
        "`general/implementation` names a learner class of seqgra. It has no effect here and may be left out;"
        " where it stands it must be one of seqgra's classes.",
    ),
    "SF0155": Entry(
        "implementation contradicts the definition",
        "The learner class that `general/implementation` names is for another library, sequence space or "
        "task. Correct the one that is wrong, or remove `implementation`.",
    ),
    "SF0156": Entry(
        "implementation has no effect",
        "Library, sequence space and task say everything that `general/implementation` says. It is checked "
        "and otherwise ignored.",
    ),
    "SF0157": Entry(
        "a label occurs twice",
        "Labels are the columns of targets and scores, in this order; each may occur once.",
    ),
    "SF0158": Entry(
        "no labels",
        "The pattern counts from `min` to `max`, both included. With min above max it gives no label at all.",
    ),
    "SF0159": Entry(
        "a label that cannot be one",
        "A label needs a name. '|' joins the labels of an example in data files and a tab separates their "
        "columns, so neither can be part of a label.",
    ),
    "SF0161": Entry(
        "unknown input encoding",
        "`general/inputencoding` is 1D, channels by positions, or 2D, with an axis of length 1 between.",
    ),
    "SF0162": Entry(
        "file name and id differ",
        "Runs lie in a folder called like the id, so a definition that is called otherwise is hard to find "
        "again. Only a warning.",
    ),
    "SF0163": Entry(
        "the id contradicts the definition",
        "Ids such as torch-mc50-dna1000-basset-s1 say library, task, number of labels, sequence space, length"
        " and seed. One of these is not what the definition says: usually the id of a copied definition was "
        "not changed. Only a warning.",
    ),
    # SF02xx components and hyper-parameters
    "SF0201": Entry(
        "unknown name of a component",
        "No loss, optimizer, schedule, metric or data format of this name exists for the library. `seqforge "
        "list` shows all names; they compare without case and underscores.",
    ),
    "SF0202": Entry(
        "the section does not name its component",
        "`loss`, `optimizer` and `schedule` need one hyper-parameter of the same name, which says which one "
        'is meant: <hyperparameter name="optimizer">Adam</hyperparameter>.',
    ),
    "SF0203": Entry(
        "unknown hyper-parameter",
        "The component has no hyper-parameter of this name, so the value would be ignored. `seqforge explain "
        "NAME` lists those that it has.",
    ),
    "SF0204": Entry(
        "a value that does not fit",
        "The value cannot be read as the kind that the message names, or lies outside its range. NaN and "
        "infinity are refused everywhere.",
    ),
    "SF0205": Entry(
        "given twice",
        "Of two values for one hyper-parameter one would win silently. Two spellings of one thing, such as "
        "eps and epsilon, count as two.",
    ),
    "SF0206": Entry(
        "a required hyper-parameter is missing",
        "It has no default that would be right for every model, so the definition must give it.",
    ),
    "SF0207": Entry(
        "a hyper-parameter in the wrong place",
        "The name exists, but elsewhere: on another component, in the same component of another library, or "
        "in another section. Here nothing would read it.",
    ),
    "SF0208": Entry(
        "values that do not go together",
        "Each value is right by itself, the combination is not. The message names both sides.",
    ),
    "SF0210": Entry(
        "an empty hyper-parameter",
        "Nothing stands where a value is needed. Remove the line to get the default.",
    ),
    "SF0211": Entry(
        "known, but not usable",
        "The name is one of the library's, but no definition can use it: the message says why and what to "
        "take instead.",
    ),
    "SF0212": Entry(
        "the loss does not exist on this backend",
        "A name of the other library is accepted where the same formula exists here. This one does not, or "
        "only with other options.",
    ),
    # SF03xx parts that do not fit together
    "SF0301": Entry(
        "loss and task do not fit",
        "The loss compares other things than this task delivers: one class per example, several labels, or "
        "values. Either the loss or the task is wrong.",
    ),
    "SF0302": Entry(
        "an unusual loss for the task",
        "It works, but its numbers are not those of a likelihood. Only a warning.",
    ),
    "SF0303": Entry(
        "loss and last activation do not fit",
        "A loss on logits applies softmax or sigmoid itself; a second one in the last layer flattens the "
        "gradients. A loss on probabilities needs them to lie between 0 and 1. Change the activation, or "
        "`from_logits`.",
    ),
    "SF0304": Entry(
        "a doubtful last activation",
        "softmax lets labels exclude each other, sigmoid lets each stand for itself; the loss assumes the "
        "other. Only a warning.",
    ),
    "SF0305": Entry(
        "nothing to decide",
        "With one label every example belongs to it. Only a warning.",
    ),
    "SF0306": Entry(
        "a missing section",
        "A model that is trained needs loss, optimizer and trainingprocess.",
    ),
    "SF0307": Entry(
        "a section that nothing reads",
        "BayesOptimalClassifier computes its scores from a data definition and is not trained.",
    ),
    "SF0308": Entry(
        "class weights without classes",
        "`balanced` weighs each example by the size of its one class, so it needs multi-class classification.",
    ),
    "SF0309": Entry(
        "early-stopping keys without early stopping",
        "Patience and minimal difference have no effect while early_stopping is False. Only a warning.",
    ),
    "SF0310": Entry(
        "a key that the backend does not read",
        "The key is part of the language, but this backend has nothing that it could change. It is refused "
        "instead of ignored.",
    ),
    "SF0311": Entry(
        "several gradient clips",
        "clipnorm, clipvalue and global_clipnorm exclude each other, within a section and between optimizer "
        "and trainingprocess.",
    ),
    "SF0312": Entry(
        "an optimizer that gets everything, or nothing",
        "Several optimizers share the parameters by the patterns in `parameters`; the first one that matches "
        'takes a parameter. Only the last may take whatever is left ("*" or no pattern).',
    ),
    "SF0313": Entry(
        "schedules and optimizers do not fit",
        "`schedule/@optimizer` counts the optimizers of the definition from 1; each is driven by at most one schedule.",
    ),
    "SF0314": Entry(
        "a metric of another task",
        "The metric is not defined for what this task predicts.",
    ),
    "SF0315": Entry(
        "nothing to monitor under this name",
        "early_stopping_monitor and the monitor of a schedule are validation_loss or validation_<metric> with"
        " a metric of the task. The metric need not be listed in `metrics`.",
    ),
    "SF0316": Entry(
        "heads or parts that the architecture does not read",
        "Only architectures for profiles read `heads`, only nested ones read `part`.",
    ),
    "SF0317": Entry(
        "an optimizer that needs a closure, with something that forbids it",
        "LBFGS computes the loss of one batch several times within a step. With accumulated batches, scaled "
        "losses or a second optimizer there is no such loss.",
    ),
    "SF0321": Entry(
        "model and data have different tasks",
        "The data definition says another task than the model definition.",
    ),
    "SF0322": Entry(
        "model and data have different sequence spaces",
        "The data definition says another sequence space than the model definition.",
    ),
    "SF0323": Entry(
        "data labels that the model does not know",
        "Labels of simulated data are the ids of their conditions (not their <label> texts), and those that "
        "post-processing adds. Every one of them must be a label of the model.",
    ),
    "SF0324": Entry(
        "labels that never occur",
        "The model has outputs for labels that no training example carries. Only a warning.",
    ),
    # SF04xx architectures and external files
    "SF0325": Entry(
        "labels and heads mixed up",
        "A model of profiles has `heads`, each with the tracks that share one total count; every other task has "
        "`labels`. Write the one that the task has.",
    ),
    "SF0331": Entry(
        "tasks of a head that cannot be read",
        "`tasks` of a head is a number of tracks, or their names separated by commas: `2`, or `plus, minus`.",
    ),
    "SF0332": Entry(
        "the name of a head",
        "Outputs, files and histories are called after heads: letters, digits, `_` and `-`, a letter first, and no two "
        "names that differ in upper and lower case alone.",
    ),
    "SF0333": Entry(
        "how the counts of a head weigh",
        "The total loss adds the counts loss of every head times a factor. `counts_loss_weight` states it; "
        "`counts_loss_frac_target` adapts it after every epoch until the counts have that share of the loss, starting "
        "at `counts_loss_weight` if both are given. A factor of 0 cannot be adapted.",
    ),
    "SF0334": Entry(
        "pseudocounts that differ",
        "Log counts are ln(pseudocount + reads). Models that are added up, or built on each other, must have been "
        "trained with the same pseudocount.",
    ),
    "SF0335": Entry(
        "a head that weighs a loss with weights of its own",
        "ProfileCountLoss learns the weights of profiles and counts, or has them fixed by `profile_weight` and "
        "`count_weight`. The keys of heads that weigh BPNetLoss are not read.",
    ),
    "SF0336": Entry(
        "learned weights of two scopes",
        "The parameters lw0 and lw1 lie in the model and are learned through the loss: one pair for all heads (shared) "
        "or one pair per head (group). `weight_scope` of both must be the same.",
    ),
    "SF0337": Entry(
        "a training that is all warm-up",
        "The learning rate rises over the first `warmup_epochs` epochs and falls over the others. A training with no "
        "more epochs than that ends near the highest rate.",
    ),
    "SF0338": Entry(
        "tracks of two strands in two groups",
        "Tracks of one group share one distribution over their positions and one count, and change places on the other "
        "strand; tracks of different groups know nothing of each other. The plus and minus tracks of one experiment "
        "are one group: separate them by a comma, and groups by semicolons.",
    ),
    "SF0341": Entry(
        "a task that the architecture, the sequence space or the data do not have",
        "Segmentation, reconstruction and peak classification are tasks of the sequence space `signal`, sequence "
        "labeling of `features`; their architectures and data formats are their own. All other tasks read sequences.",
    ),
    "SF0342": Entry(
        "a loss that expects another kind of output than the model has",
        "A loss with an `input` takes probabilities or logits; without it, it takes what the architecture puts out. "
        "So no sigmoid is applied twice.",
    ),
    "SF0343": Entry(
        "a training of a model without parameters",
        "Such a model can be judged on data and be a part of another model.",
    ),
    "SF0344": Entry(
        "a learning rate that falls to nothing",
        "A rate that is multiplied after every epoch is soon too small to change anything: 0.8 over 100 epochs leaves "
        "2e-10 of it.",
    ),
    "SF0345": Entry(
        "a sigmoid decoder on data that are not scaled",
        "A decoder that ends in a sigmoid puts out values from 0 to 1; RFU go to 33,000.",
    ),
    "SF0346": Entry(
        "windows around peaks that the model does not read",
        "The data cut windows of `peak_window` scan points with `window_channels` channels. The model says how many it "
        "reads: `width`, and two channels with `include_max_pool_dyes`.",
    ),
    "SF0347": Entry(
        "a balanced weight that the training data cannot give",
        "`balanced` takes weights from how often each class or label occurs in the training set: all of them must "
        "occur there, and the data must say how often. Give numbers instead, or other training data.",
    ),
    "SF0401": Entry(
        "a missing file",
        "A path is looked for, in this order, as it stands if absolute, in the definition's folder, in the "
        "folders of --def-path, in the working directory; then its trailing parts in the definition's folder "
        "and its two parents. `validate --definition-only` makes it a note.",
    ),
    "SF0402": Entry(
        "a file found in another place",
        "The path as written leads nowhere; a file with the same trailing path was found and is used.",
    ),
    "SF0403": Entry(
        "no architecture",
        "`architecture` needs either `sequential` with layers or `external`.",
    ),
    "SF0404": Entry(
        "architecture settings that nothing reads",
        "They have no effect where they stand. Only a warning.",
    ),
    "SF0405": Entry(
        "unknown format of an external architecture",
        "Each library reads its own formats; the message lists them.",
    ),
    "SF0406": Entry(
        "the class name is missing",
        "The file may define several classes; `classname` says which one is the model.",
    ),
    "SF0407": Entry(
        "unknown architecture",
        '`format="seqforge"` takes the classes of the registry: `seqforge list architectures`.',
    ),
    "SF0408": Entry(
        "the architecture does not exist on this library",
        "It was written for another backend.",
    ),
    "SF0409": Entry(
        "not a readable Python file",
        "External architectures are read as syntax trees before anything runs. The file has a syntax error, "
        "or is no Python.",
    ),
    "SF0410": Entry(
        "the class is not in the file",
        "The message lists what the file defines at its top level.",
    ),
    "SF0411": Entry(
        "the constructor has no such argument",
        "`architecture/hyperparameters` are passed to the constructor by name.",
    ),
    "SF0412": Entry(
        "a constructor argument is missing",
        "It has no default, so the definition must give it under `architecture/hyperparameters`.",
    ),
    "SF0413": Entry(
        "the module swaps its input axes",
        "Its forward exchanges axes 1 and 2 before the first layer, so it expects (N, L, C), but it is fed "
        "(N, C, L). There is no error later: a reshape then mixes letters and positions, and the model learns"
        ' from scrambled input. Declare layout="NLC", or layout="NCL" to confirm that it is right.',
    ),
    "SF0414": Entry(
        "the format takes no class or arguments",
        "The file holds a whole model; there is nothing to construct.",
    ),
    "SF0415": Entry(
        "the architecture refuses its settings",
        "The message says which.",
    ),
    "SF0416": Entry(
        "unknown layout",
        "`layout` is the order of axes that a module takes: NCL (examples, channels, positions) or NLC.",
    ),
    "SF0417": Entry(
        "a section comes from the model file",
        "The file of a whole Keras model brings along the loss and the optimizer that it was compiled with. "
        "The definition has no section of its own, so the file's is used; a section in the definition wins.",
    ),
    "SF0421": Entry(
        "missing data",
        "A file that the data section or --data names does not exist.",
    ),
    "SF0422": Entry(
        "unknown kind of data",
        "--data takes a data definition (.xml, .json), a folder with training, validation and test files, a "
        "table (.txt, .tsv, .csv) or FASTA, also gzipped.",
    ),
    "SF0423": Entry(
        "several data definitions fit",
        "Beside the definition lie several data definitions with its task, sequence space and labels. One "
        "whose id shares the model's tokens is taken; else say which with --data or a data section.",
    ),
    "SF0431": Entry("a part is given twice", "Each part of an architecture has one trained model. Keep one."),
    "SF0432": Entry(
        "a part that shall be trained on",
        "Parts are trained models whose weights stay as they are, to the bit; only what the architecture itself adds "
        'is trained. Remove `freeze`, or write `freeze="true"`.',
    ),
    "SF0433": Entry(
        "an architecture lacks a part",
        "This architecture is built on a trained model: name its run in `architecture/part`.",
    ),
    "SF0434": Entry(
        "a part without a run",
        "A part is a trained model. `run` names its run folder, a model folder with exactly one finished run, the id "
        "of a model in the folder of runs, or a `.keras` file.",
    ),
    "SF0435": Entry(
        "a part that cannot be taken",
        "The run is not finished, is damaged, or there are several to choose from; the message says which.",
    ),
    "SF0436": Entry(
        "the run of a part does not exist",
        "Models that are built on each other are trained one after the other. Where the definition of the part lies "
        "beside this one, everything but the training can be checked before.",
    ),
    "SF0437": Entry(
        "a part that was trained on signals of another scale",
        "Weights mean what they were trained on: the profiles and windows of this definition are scaled as those of "
        "the part's run, by the options scale, max_rfu and window_scale.",
    ),
    "SF0441": Entry(
        "unknown layer",
        "`operation` names one of the layers of `seqforge list layers`. Names compare without case and underscores.",
    ),
    "SF0443": Entry(
        "a weights file that does not fit its layer",
        "`weights_file` holds the layer's arrays in Keras' order (kernel, recurrent kernel, bias) as .npy, .npz or "
        ".safetensors, in the shapes that the message lists. Pickled arrays are not read.",
    ),
    "SF0490": Entry(
        "a data definition of another alphabet",
        "The Bayes optimal classifier scores sequences with the matrices of its data definition: both must be "
        "about DNA, RNA or protein alike.",
    ),
    "SF0491": Entry(
        "k-mers of several lengths",
        "The Bayes optimal classifier turns the k-mers of a sequence element into one letter matrix, which needs "
        "k-mers of one length. Write one sequence element for each length.",
    ),
    # SF05xx shapes
    "SF0501": Entry(
        "the architecture cannot take its input",
        "An input of the declared length and alphabet was pushed through the architecture before any training, and the "
        "sub-module named in the message refused the shape that reached it. Either the window of the data differs from "
        "the one the architecture was written for, or two neighbouring layers do not fit; `layout` and `inputencoding` "
        "decide the order of the axes.",
    ),
    "SF0502": Entry(
        "the output does not fit the labels",
        "An architecture must put out one row per example and one column per label. Another number of columns means "
        "that the last layer and the list of labels disagree; another number of rows means that a reshape to a fixed "
        "size inside the architecture belongs to another input length.",
    ),
    "SF0503": Entry(
        "the input is too short for the architecture",
        "Convolutions and pools shorten the sequence; of a shorter input than the stated minimum nothing is left.",
    ),
    "SF0504": Entry(
        "the shapes were not proven",
        "The length of the input is not known without opening data files, or the sequences have several lengths, so "
        "the architecture was built, but not tried out, or only for the length in the definition's id. Nothing is "
        "wrong; training checks the shapes once the data is open.",
    ),
    "SF0505": Entry(
        "the proof broke off",
        "Building the architecture ended the process, or its backend is not installed.",
    ),
    "SF0506": Entry(
        "the optimizers do not fit the parameters",
        "Every trainable parameter belongs to one optimizer: the first whose `parameters` pattern matches its name, "
        "else the one without a pattern. A parameter that none takes, a pattern that takes none, and an optimizer that "
        "cannot move what it is given (Muon moves matrices only) are errors.",
    ),
    "SF0507": Entry(
        "nothing can be trained",
        "The output of the architecture has no gradient: it was detached, computed without gradients, or a constant.",
    ),
    "SF0521": Entry(
        "input_shape differs from the data",
        "The first layer's `input_shape` is (L, C) for the input encoding 1D and (1, L, C) for 2D: the length of the "
        "sequences and the number of letters, without the batch axis.",
    ),
    "SF0522": Entry(
        "a layer cannot take its input",
        "Shapes are followed through the layers before anything runs. The message shows what the layer needs, and the "
        "way out how the shape came about.",
    ),
    "SF0523": Entry(
        "the last layer does not fit the labels",
        "The last layer must put out one value for each label: Dense with as many units as there are labels, after "
        "Flatten or a global pooling.",
    ),
    "SF0541": Entry(
        "a profile model without heads",
        "The outputs of a profile model are its heads: `<heads><head name='…' tasks='…'/></heads>` in `general`. A "
        "head's tasks share one profile loss and one total count.",
    ),
    "SF0542": Entry(
        "the input is too short for the output",
        "Convolutions without padding lose bases at both ends; `seqforge lengths` tells how many. Give a longer "
        "`input_length`, or a shorter `output_length`.",
    ),
    "SF0543": Entry(
        "the input is cropped",
        "The model needs fewer bases than it is given; the surplus is cut off inside the model, half on each side, the "
        "odd base on the right. The saved model still takes the whole input.",
    ),
    "SF0544": Entry(
        "a filter of even width",
        "A window of even width has no middle: it reaches one base further to the right than to the left. Odd widths "
        "are symmetric.",
    ),
    "SF0545": Entry(
        "use_bias_counts is missing or out of place",
        "Only a combined model has reads of a bias to add: there every head says whether they are added. In solo and "
        "transformation definitions nothing reads it.",
    ),
    "SF0546": Entry(
        "a transformation that does not fit",
        "An output is `passthrough`, or `simple` with a list of types (linear, sigmoid, relu). The heads must be those "
        "of the solo model: same number, tasks and counts, and same names where the solo model knows them.",
    ),
    "SF0547": Entry(
        "a transformation without weights",
        "With `passthrough` for profiles and counts the model is the solo model, and nothing can be trained. Use the "
        "solo model as the bias part directly.",
    ),
    "SF0548": Entry(
        "a type that adds nothing",
        "The sum of two lines is a line: a second `linear` has weights that no data can tell apart. Repeated sigmoid "
        "and relu types do add something.",
    ),
    "SF0549": Entry(
        "a bias model that does not fit",
        "The bias model reads a window in the middle of the residual's input and puts out the same one: its input may "
        "be shorter, but not longer; output length, heads, tasks and counts must be equal.",
    ),
    "SF0551": Entry(
        "windows that do not fit",
        "Cherimoya cuts the same number of bases, its trimming, from both ends of its input. Lengths of input and "
        "output differ by twice the trimming; where the data say both, the model has nothing to add.",
    ),
    "SF0552": Entry(
        "a head option that the model does not have",
        "The heads of Cherimoya are groups of tracks with one multinomial and one count each, and there is no bias "
        "model whose reads could be added.",
    ),
    "SF0561": Entry(
        "a size that is not the data's",
        "The definition states a number of dyes, scan points or classes, and the data or the labels have another one. "
        "Nothing is cut, padded or dropped: leave the size out and it is that of the data, or correct it. Two labels "
        "of a segmentation share one output channel, more have one each.",
    ),
    "SF0562": Entry(
        "scan points that the architecture cannot halve",
        "Every level of depth halves the scan axis, so 2^depth must divide the length; reflect padding needs half a "
        "kernel of scan points at every level. The message names the lengths that would do.",
    ),
    "SF0563": Entry(
        "a latent that is not smaller than its input",
        "An autoencoder is meant to compress. With a latent of as many values as the profile it can copy, and with "
        "skip connections the profile by-passes the latent altogether. Only a warning.",
    ),
    "SF0565": Entry(
        "a part that does not fit",
        "PeakNet is built on an autoencoder that reads profiles of the same dyes and scan points, and on a "
        "PeakClassifier with the classes of the labels.",
    ),
    "SF0571": Entry(
        "sizes that no Transformer has",
        "Attention shares the channels of the encoder equally among its heads, and every other channel of the position"
        " encoding is a cosine: d_model is even and a multiple of nhead. The convolutions keep the number of bins, so"
        " their widths are odd; two of one width would see the same.",
    ),
    "SF0572": Entry(
        "labels that the centromere Transformer does not tell apart",
        "The model puts out one number per bin, for the second of two labels: background and centromere.",
    ),
    # SF06xx data definitions
    "SF0601": Entry(
        "a task that cannot be simulated",
        "Simulated sequences carry conditions as labels, so a data definition is for multi-class or multi-label "
        "classification.",
    ),
    "SF0602": Entry(
        "minlength above maxlength",
        "The length of every sequence is drawn uniformly from minlength to maxlength, both included.",
    ),
    "SF0603": Entry(
        "a letter outside the alphabet",
        "Letters and k-mers are made of the letters of the sequence space: DNA A C G T, RNA A C G U (T = U), "
        "protein the 20 amino acids.",
    ),
    "SF0604": Entry(
        "a letter or k-mer twice",
        "Each letter or k-mer of a list has one probability. Letters that read alike (T and U, a and A) count as one.",
    ),
    "SF0605": Entry(
        "probabilities that are all 0",
        "Probabilities are divided by their sum, which must be above 0.",
    ),
    "SF0606": Entry(
        "probabilities that do not sum up to 1",
        "They are divided by their sum. A sum far from 1 often comes from a mistyped number or a missing letter.",
    ),
    "SF0607": Entry(
        "no background for a condition",
        "The background of a row comes from the alphabet distribution of its set and condition, else of its set, "
        "else of its condition, else the global one. None of them exists here.",
    ),
    "SF0608": Entry(
        "two backgrounds for the same rows",
        "Of several global, set-only or condition-only alphabet distributions the last one is used; two for the "
        "same set and condition are an error.",
    ),
    "SF0609": Entry(
        "something declared and never used",
        "A condition that no example names, or a sequence element that no rule places, has no effect on the data.",
    ),
    "SF0610": Entry(
        "a condition named twice by one example",
        "A row has a condition or has it not. For more copies of an element add rules to the condition.",
    ),
    "SF0611": Entry(
        "an example that is not of one class",
        "In multi-class data every example has exactly one condition; otherwise its label would be empty or "
        "joined by `|`.",
    ),
    "SF0612": Entry(
        "shuffled rows without one label",
        "Every row that a post-processing operation makes carries the operation's labels. A multi-class model "
        "needs exactly one of them.",
    ),
    "SF0613": Entry(
        "an element longer than a sequence",
        "An element must fit into every sequence it is placed in. Where it fits only the longer ones the "
        "simulation stops at the first sequence that is too short.",
    ),
    "SF0614": Entry(
        "an element twice in one rule",
        "A rule samples and places each of its elements once. Write one rule for each copy.",
    ),
    "SF0615": Entry(
        "elements on top of each other",
        "At a fixed position all elements of a rule start, end or centre alike, so that the last one overwrites "
        "the others. Three ways out: position random, a spacing constraint, or a rule of its own for each.",
    ),
    "SF0616": Entry(
        "a position where the element does not fit",
        "Numeric positions count from 1; the element must end within the shortest sequence.",
    ),
    "SF0617": Entry(
        "a spacing constraint of one element",
        "A constraint keeps a distance between two different elements.",
    ),
    "SF0618": Entry(
        "a spacing constraint without its element",
        "Both elements of a constraint are placed by the rule it belongs to.",
    ),
    "SF0619": Entry(
        "an element in two spacing constraints",
        "Elements of a constraint are placed as a pair, and each only once.",
    ),
    "SF0620": Entry(
        "mindistance above maxdistance",
        "The gap is drawn uniformly from mindistance to maxdistance, both included.",
    ),
    "SF0621": Entry(
        "a gap that does not fit",
        "Both elements and the smallest gap must fit into the shortest sequence; at a numeric position p, into "
        "its length minus p.",
    ),
    "SF0622": Entry(
        "exclusive rules of more than certainty",
        "At most one of the rules of a mutually exclusive condition is applied, each with its probability; the "
        "rest of the time none is. Their sum cannot exceed 1.",
    ),
    "SF0631": Entry(
        "profiles of another task or alphabet",
        "A definition with `profiles` or `profilesimulation` is for profile prediction, and its reads lie on the two "
        "strands of DNA.",
    ),
    "SF0632": Entry(
        "a head that does not fit",
        "A head has a name (a letter, then letters, digits, _ and -), names in which other heads differ by more than "
        "case, at least one task, and one track for each task, in their order.",
    ),
    "SF0633": Entry(
        "an order of tasks that does not fit",
        "`revcomp_task_order` says where every task goes when a region is read on the other strand: (1, 0) swaps two "
        "tasks. It has as many places as the head has tasks, and doing it twice changes nothing. `auto` keeps one task "
        "and swaps two; three and more need an order.",
    ),
    "SF0634": Entry(
        "a motif wider than its cell",
        "Simulated motifs stand in cells of `grid` bases, so that they cannot overlap.",
    ),
    "SF0635": Entry(
        "another kind of data definition",
        "Data definitions say how sequences are simulated (background and what follows), how profiles are simulated "
        "(`profilesimulation`), or how profiles are prepared (`profiles`). Each is used in its own place: data format "
        "definition, data format profile-simulation, `seqforge prepare profiles`.",
    ),
    # SF07xx data files
    "SF0701": Entry(
        "A data file cannot be read",
        "The file is not there, may not be read, or the folder of the cache cannot be written. Paths in the "
        "data options start at the definition's folder, or at the option `folder`, which `--set "
        "data.folder=…` changes.",
    ),
    "SF0702": Entry(
        "A column is missing",
        "A table has no column of the declared name, or a row is shorter than the header. Name the columns with "
        "sequence_column and label_column.",
    ),
    "SF0703": Entry(
        "A label does not fit the model",
        "Every label of the data must be one of the definition's labels, spelt alike; a multi-class example "
        "has exactly one, a multi-label example any number joined by `|`, a regression example one number per"
        " label.",
    ),
    "SF0704": Entry(
        "A letter outside the alphabet",
        "The data options say `unknown` error, or the run is strict, and a sequence has a letter that the "
        "sequence space does not know. Mend the file, or declare how such letters are fed: unknown uniform or"
        " zeros.",
    ),
    "SF0705": Entry(
        "A sequence of another length",
        "All sequences of a data set have one length, also where the architecture takes any. Declare `pad` (centre or "
        "right: unknown letters are added), `crop` and `length` in the data options, or make the file even.",
    ),
    "SF0706": Entry(
        "Repeated sequences",
        "The data options say `duplicates` error, and a sequence occurs more than once: within a set, in several sets "
        "(the test then flatters the model), or with contradicting labels. `drop` keeps the first one.",
    ),
    "SF0707": Entry(
        "Data options that contradict each other",
        "Some options exclude each other, need each other, or would have no effect: fractions beside folds, a label "
        "pattern where every file has its label, reverse complements of proteins.",
    ),
    "SF0708": Entry(
        "A damaged data file",
        "The file is not what it should be: FASTA that does not begin with `>`, gzip that ends too early, a "
        "table whose quotes do not close.",
    ),
    "SF0709": Entry(
        "No data",
        "A file, a record or a set is empty.",
    ),
    "SF0710": Entry(
        "Profile data of other lengths",
        "What is stored per region must be the model's input_length and output_length plus max_jitter on either side. "
        "The message says which lengths and jitter the data imply; change the definition, or prepare the data again.",
    ),
    "SF0711": Entry(
        "Profile data with other heads",
        "Heads are matched by position: the data must have as many heads as the definition, each with as many tasks, "
        "and the same names where the data have names. Order and tasks of the definition's heads follow the data.",
    ),
    "SF0712": Entry(
        "A value that is no number of reads",
        "Reads are finite and not negative; values between whole numbers are accepted. Signal that was normalised to "
        "negative values, or that has gaps (NaN), must be mended where it is made.",
    ),
    "SF0713": Entry(
        "Regions without reads",
        "With pseudocount 0 the counts loss takes the logarithm of a window's reads, which does not exist for a window "
        "without any, wherever jitter may move it. Drop such regions (zero_reads drop), demand reads when the data are "
        "prepared (min_counts 1), or give the loss pseudocount 1.",
    ),
    "SF0714": Entry(
        "No region passes the filters",
        "Every filter of the preparation says how many regions it dropped. The message names the one that dropped most "
        "and what it saw (minimum, quartiles, maximum): loosen its threshold, or look whether genome, regions and "
        "tracks are of one assembly and spell chromosomes alike.",
    ),
    "SF0715": Entry(
        "A region in two sets",
        "Training, validation and test must not share regions. Chromosomes, BED files or name patterns of two sets fit "
        "the same region: make them disjoint.",
    ),
    "SF0720": Entry(
        "An array that is not as a profile table has it",
        "Profiles are (profile, dye, scan) in RFU, finite, as int16, int32 or float32; masks have the same shape "
        "and hold a class per scan point, or -100 where it is not judged; base_pairs ascend; peak_... arrays are "
        "equally long and lie inside of the profiles. A last axis of length 1 is dropped. Nothing is unpickled, "
        "cut or padded.",
    ),
    "SF0721": Entry(
        "A panel that cannot be read",
        "A panel is GeneMarker's XML, plain or gzip: Loci/Locus with MarkerTitle, DyeIndex (1, 2, 3, 4 or 6), "
        "LowerBoundary and UpperBoundary, and an Allele per bin with Label, Size, Left_Binning and Right_Binning "
        "in base pairs. Document types and entities are refused.",
    ),
    "SF0722": Entry(
        "Alleles that do not fit the profiles",
        "Every profile needs a sample in the allele report (the table of samples maps file names to samples), and "
        "base pairs, because alleles are placed by them. Cells that should hold numbers must hold numbers.",
    ),
    "SF0723": Entry(
        "Profiles that may not be parted",
        "Profiles that share a mixture set or a donor go to one set, replicate injections included; otherwise "
        "scores are flattered. Where there are fewer such groups than sets, add profiles of other donors, ask for "
        "fewer sets (a fraction of 0), or choose split random, which says what it leaks.",
    ),
    "SF0724": Entry(
        "Peaks without markers, or of more than the model knows",
        "The marker of a peak is found by its base pair on its dye: that needs a panel, and the base pairs of the "
        "scan points, in the table or by the option base_pairs. A model without marker embedding needs neither. "
        "Markers count from 1 in the order of the panel, 0 is a peak in none: n_markers is at least one more than "
        "there are.",
    ),
    "SF0725": Entry(
        "Masks that are missing or have other classes",
        "Segmentation and peak classification learn from masks: arrays of the table, or made of an allele report "
        "and a panel. Their classes are 0, 1, … as many as the definition has labels.",
    ),
    "SF0731": Entry(
        "A column of a table of bins",
        "A table of bins (`*_multi_k_summary.csv`) has the columns start, end, the eight features and has_cen, each "
        "once and in any order, and as many cells in every row as in the header; has_cen may be absent where nothing "
        "is learned. `sample` and `chromosome` are optional, but then filled in.",
    ),
    "SF0732": Entry(
        "Bins that do not follow each other",
        "The rows of a chromosome are its bins in order, 0-based and half-open: integers, start < end, each start the "
        "end before it, all of one size; only the last bin may be shorter. A gap would let a model see two places as "
        "neighbours that are none.",
    ),
    "SF0733": Entry(
        "A label of a bin",
        "has_cen is 1 in a centromere and 0 elsewhere. -1, unknown, can be predicted, but neither learned from nor "
        "judged; 0 never means unknown.",
    ),
    "SF0734": Entry(
        "A feature of a bin",
        "Features are finite numbers: highlighted_percent a fraction in [0, 1] in spite of its name, "
        "coverage_depth_avg a depth ≥ 0. Empty cells and NaN must be mended where the table is made.",
    ),
    "SF0735": Entry(
        "A chromosome of too few bins",
        "Fewer than 10 bins are too short to tell a centromere from its surroundings; leave such fragments out.",
    ),
    "SF0736": Entry(
        "The name of a chromosome",
        "Sample and chromosome of a table come from its columns, else from the manifest, else from its name "
        "(name_pattern); never from a folder. Each pair occurs once in a data set, its rows adjacent. A manifest is a "
        "CSV file with the columns file, sample, chromosome and perhaps group.",
    ),
    "SF0737": Entry(
        "Samples that cannot be divided",
        "Whole samples, or groups of samples of one individual, go to training, validation and test, at least one to "
        "each set. With few samples name those of a set in validation_samples and test_samples, or give a set the "
        "fraction 0.",
    ),
    "SF0738": Entry(
        "A set without a centromere",
        "Without a bin that is 1 in training there is nothing to learn, without one in validation no threshold and no "
        "best epoch can be chosen. Divide the samples otherwise, or look whether has_cen is filled in.",
    ),
    "SF0739": Entry(
        "Features that were made otherwise",
        "A model reads features as it learned them: the same version, k-mers, rule and bin size. features.json beside "
        "the tables says how they were made; make the tables with the settings of the training data.",
    ),
    "SF0740": Entry(
        "A file of a sequencer that is not sound",
        "An ABIF file (.hid, .fsa) begins with `ABIF` and a directory whose entries point into the file. The message "
        "names the tag and its byte. A file that was cut short must be copied again; a pointer of Git LFS must be "
        "replaced by its file with `git lfs pull`.",
    ),
    "SF0741": Entry(
        "Dyes that are not those of the kit",
        "A kit says which DATA entries hold its dyes, raw and analysed, and which one the size standard. All of them "
        "must be there and equally long, and a profile is made of raw or of analysed dyes, never of both: choose "
        "another `--kit` or another `--baseline`.",
    ),
    "SF0742": Entry(
        "A run that cannot be calibrated",
        "The peaks of the size standard must follow the kit's fragments: as many, in a nearly straight line, with the "
        "kit's number of scans per base pair. Look at the run: an overloaded or empty size standard, or the kit of "
        "another size standard.",
    ),
}
