"""What Alembic runs: the missing revisions, on the connection and in the transaction that `upgrade` has opened."""

from alembic import context

connection = context.config.attributes["connection"]
# without it Alembic would take the `alembic_version` of another schema in the search path for that of this one
schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
context.configure(connection=connection, version_table_schema=schema)
context.run_migrations()
