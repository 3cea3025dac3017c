"""The template of an image repository: its questions, and repositories made from the answers."""

from hubimages.template.answers import given_answers, read_answers
from hubimages.template.asking import ask
from hubimages.template.checking import check_all_answers, check_answers, complete
from hubimages.template.for_deployments import deployment_workflow
from hubimages.template.new_repository import MESSAGE, NewRepository, plan_new_repository
from hubimages.template.next_steps import next_steps
from hubimages.template.origin import Origin, find_origin
from hubimages.template.own_files import with_own_files
from hubimages.template.questions import RECORD, Question, questions, template_directory
from hubimages.template.render import (
    RenderedFile,
    Rendering,
    read_rendering,
    render,
    render_files,
    renderer,
    rendering_server,
    run_cookiecutter,
)
from hubimages.template.rules import answer_problem, refused_host
from hubimages.template.starter import BINDER, IMAGE_FILES, READ, Starter, image_directory, nearest_starter

__all__ = [
    "BINDER",
    "IMAGE_FILES",
    "MESSAGE",
    "READ",
    "RECORD",
    "NewRepository",
    "Origin",
    "Question",
    "RenderedFile",
    "Rendering",
    "Starter",
    "answer_problem",
    "ask",
    "check_all_answers",
    "check_answers",
    "complete",
    "deployment_workflow",
    "find_origin",
    "given_answers",
    "image_directory",
    "nearest_starter",
    "next_steps",
    "plan_new_repository",
    "questions",
    "read_answers",
    "read_rendering",
    "refused_host",
    "render",
    "render_files",
    "renderer",
    "rendering_server",
    "run_cookiecutter",
    "template_directory",
    "with_own_files",
]
