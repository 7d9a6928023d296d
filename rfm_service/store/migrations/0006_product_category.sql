-- What sort of goods a product is; '' where nobody has said so yet.
DROP INDEX product_twice;
ALTER TABLE product ADD COLUMN product_category TEXT NOT NULL DEFAULT '';
CREATE INDEX product_twice ON product (key, feature_key, name, feature, product_category);
