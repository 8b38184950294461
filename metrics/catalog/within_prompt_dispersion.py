"""Within-prompt dispersion: do several answers to one prompt mean different things?"""

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "within_prompt_dispersion",
    label="Dispersion within a prompt",
    family="diversity",
    healthy="high",
    needs=("vectors", "several outputs of a prompt"),
    scale="log",
    bounds=(0.0, 2.0),
    unit="cosine distance",
    source="Tevet and Berant 2021, Evaluating the evaluation of diversity in NLG, EACL",
)
def within_prompt_dispersion(sample: Sample) -> Reading:
    """Mean cosine distance between two outputs of the same prompt, averaged over prompts with several.

    Range 0 to 2. Healthy: high. Free of the number of outputs a prompt. Blind to: how far prompts lie from
    one another (see `dispersion`), and to wording (see `within_prompt_diversity`).

    One prompt's two outputs are the same (0), the other's at right angles (1):

    >>> from metrics.sample import demo_sample
    >>> vectors = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> sample = demo_sample(example_id=["p", "p", "q", "q"], embedding=vectors)
    >>> round(within_prompt_dispersion(sample).value, 6)
    0.5
    """
    within = sample.spread.within
    prompts = stats.left_out(within[:, 1])
    if not prompts[0]:
        raise Undefined("No prompt has several outputs with a vector.")
    return Reading(stats.share(stats.left_out(within[:, 0]), prompts).clip(min=0.0), sample.n)
