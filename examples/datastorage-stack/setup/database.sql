-- The role and the database that the migrations and the service use. Run by psql as a superuser; harmless when repeated.
-- Names and password come through the environment (SETUP_USER, SETUP_PASSWORD, SETUP_DATABASE) and not as -v arguments,
-- which everyone on the machine could read in the process list.

\set ON_ERROR_STOP on
\getenv user SETUP_USER
\getenv password SETUP_PASSWORD
\getenv database SETUP_DATABASE

-- A statement that fails is written to the server's log, and one of these holds the password.
SET log_min_error_statement = panic;
SET log_statement = none;

SELECT format('CREATE ROLE %I LOGIN', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec

SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', :'user', :'password') \gexec

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

-- A database that was there before may belong to someone else.
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'user')
 WHERE pg_get_userbyid((SELECT datdba FROM pg_database WHERE datname = :'database')) <> :'user' \gexec
