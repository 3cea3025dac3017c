# Add the packages that people attach, and what has to be true of them. An error fails the image.
library(testthat)

test_that("the packages of the course can be attached", {
  for (package in c("tidyverse", "rmarkdown", "knitr", "learnr")) {
    expect_true(suppressPackageStartupMessages(require(package, character.only = TRUE)), label = package)
  }
})

test_that("a plot can be written without a screen", {
  file <- tempfile(fileext = ".png")
  ggplot2::ggsave(file, ggplot2::qplot(1:3, 1:3), width = 2, height = 2)
  expect_gt(file.size(file), 0)
})
