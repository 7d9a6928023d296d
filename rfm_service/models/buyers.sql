-- buyers: one row per customer with a purchase inside the horizon, by name
-- documents: sale documents with an accepted line
SELECT
    customer.customer_id,
    customer.name AS buyer,
    CAST(COUNT(DISTINCT document.document_id) AS BIGINT) AS documents
FROM document
INNER JOIN line ON document.document_id = line.document_id
INNER JOIN customer ON document.customer_id = customer.customer_id
GROUP BY customer.customer_id, customer.name
ORDER BY customer.name, customer.customer_id
