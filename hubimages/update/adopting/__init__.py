"""Link an image repository that was not made from the template: guess its answers, and add what the template has."""
