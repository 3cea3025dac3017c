# Add the packages that people attach, and what has to be true of them. An error fails the image.
library(testthat)

test_that("the packages of the course can be attached", {
  for (package in c("tidyverse", "rmarkdown", "knitr", "learnr")) {
    expect_true(suppressPackageStartupMessages(require(package, character.only = TRUE)), label = package)
  }
})

test_that("a plot can be written without a screen", {
  file <- tempfile(fileext = ".png")
  plot <- ggplot2::ggplot(data.frame(x = 1:3, y = 1:3), ggplot2::aes(x, y)) + ggplot2::geom_point()
  ggplot2::ggsave(file, plot, width = 2, height = 2)
  expect_gt(file.size(file), 0)
})
