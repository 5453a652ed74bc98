return { summary = "x", describe = function() end }
