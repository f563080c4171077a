# shellcheck shell=bash
# product_value KEY: the value of a key of product.conf in the current folder.
product_value() {
  sed -n "s/^$1=//p" product.conf
}
