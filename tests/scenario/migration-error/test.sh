# The ninth of seventeen migrations is wrong: eight stay applied, and it says so; after the fix the run goes on with the ninth.
stack
nine=$(ls migrations/00009_*.sql)
cp "$nine" nine.sql
sed -i '0,/CREATE /s//CREAT /' "$nine"
kg up database
ended_with 1
says "${nine#migrations/}"
says_like "8 of 17"
says 'CREAT'
cp nine.sql "$nine"
kg up database
ended_with 0
kg up database
same "$(wc -l <<<"$out")" 1

# An old one is edited, another removed, one comes out of order: told by name, before anything runs.
sed -i "/+goose Up/a SELECT 1;" migrations/00003_*.sql
kg up database
ended_with 1
says "00003_"
