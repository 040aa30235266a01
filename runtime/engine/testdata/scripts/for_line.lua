local x = 1
for v = 'x',
 1 do
end
