import a_package_that_nobody_has

app = a_package_that_nobody_has.app
