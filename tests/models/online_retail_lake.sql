-- UCI Online Retail in the columns of docs/scale.md: sales with a customer, a quantity and a price; pence are kopecks
SELECT
    CAST(InvoiceDate AS DATE) AS day,
    CAST(InvoiceNo AS STRING) AS document_key,
    CAST(CustomerID AS BIGINT) AS customer_id,
    CAST(StockCode AS STRING) AS product_id,
    CAST(Quantity AS BIGINT) * 1000 AS quantity,
    CAST(ROUND(Quantity * UnitPrice * 100) AS BIGINT) AS amount
FROM lake
WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0
