local r = {}
local function try(text) local f, e = loadstring(text); if not f then r[#r+1]='compile: '..e else local ok, e = pcall(f); r[#r+1] = text .. ' -> ' .. tostring(type(e)=='table' and e.err or e) end end
for _, t in ipairs{
"local aaa={}; local x=(aaa or aaa)+(aaa and aaa)", "local aaa={}; (aaa or aaa)()", "local aaa={}; (aaa and aaa)()", 
"(string or string)()", "(string and string)()", "local x = (string or string)+(string and string)", "local x = (string and string) + 1", "local x = 1 + (string and string)",
"local aaa={}; local x = (aaa or aaa)+1", "local aaa={}; local x = (aaa and aaa)+1", "local aaa={}; local x = 1+(aaa and aaa)",
"((string and string) or string)()", "((string or string) and string)()", "((string or string) and string or bit)()", "(string and (string or bit))()","(string or (string and bit))()", "((string and bit) and bit)()",
"local a={}; ((a and a) or a)()", "local a={}; ((a or a) and a)()","local a={}; local x=((a or a) and a)+1","local a={}; local x=((a and a) or string)+1",
"local a={}; local x=(a and string)+1","local a={}; local x=-(a and string)","local a={}; local x=(a and string)..'x'","local a={}; local x=#(nil or false)","local a={}; local x=(a.b and a).c.d", "local a={}; local x=(a.b or nil).c.d", "local a={}; local x=(a==a and a)()","local a={}; local x=(a==a or a)()","local a={}; local x=(a~=a or a)()","local a={}; local x=(a~=a and a or string)()","local a={}; local x=(not a and a or string)()","local a={}; local x=(not (a and a) or string)()", "local a={}; local x=((a or string) and (a and string))()","local a={}; local x=((a or string) and (a and string) or bit)()",
"local a={}; local x=(a.x or a.y)()", "local a={}; local x=(a.x and a.y or a.z)()", "local a={}; local x=((a.x or a.y) and a.z)()", "local a={}; local x=(1 and a)()", "local a={}; local x=(nil or a)()", "local a={}; local x=(false or string)()", "local a={}; local x=(true and string)()", "local a={}; local x=(1 and 2 and string)()", "local a={}; local x=(a and 2 and string)()","local a={}; local x=(a and 2 or string)()","local a={}; local x=(nil and 2 or string)()","local a={}; local x=(nil and 2 and string)()","local a={}; local x=(1 or string)()",
} do try(t) end
return r
