namespace Hydra.Configuration;

/// <summary>Reads TOML 1.0 (https://toml.io/en/v1.0.0), strictly: keys and tables. Values are for <see cref="TomlValues"/>.</summary>
internal sealed class TomlReader
{
    // Deeper ones are nobody's options, and would take the stack.
    private const int Deepest = 64;

    private readonly TomlText _text;
    private readonly TomlNode _root = new(TomlKind.Table, 1) { Origin = TomlOrigin.Header };

    private TomlReader(string text) => _text = new TomlText(text);

    /// <summary>Reads a document.</summary>
    /// <returns>Its root table.</returns>
    /// <exception cref="TomlException">It is none.</exception>
    public static TomlNode Read(string text)
    {
        var reader = new TomlReader(text);
        reader.Run();
        return reader._root;
    }

    private void Run()
    {
        TomlNode table = _root;
        while (true)
        {
            _text.SkipBlankLines();
            if (_text.IsAtEnd)
            {
                return;
            }

            if (_text.Current == '[')
            {
                table = Header();
            }
            else
            {
                Pair(table, 0);
            }

            _text.EndLine();
        }
    }

    private TomlNode Header()
    {
        int line = _text.Line;
        _text.Next();
        bool isArray = _text.Take('[');
        List<string> key = Key();
        _text.Expect(']', "a table's header ends with ]");
        if (isArray)
        {
            _text.Expect(']', "the header of a table in an array ends with ]]");
        }

        TomlNode table = _root;
        foreach (string part in key[..^1])
        {
            table = Into(table.Find(part) ?? table.Add(part, new TomlNode(TomlKind.Table, line)), part, line);
        }

        return isArray ? Element(table, key[^1], line) : Define(table, key[^1], line);
    }

    // On the way of a header: through tables, and the last element of arrays of tables.
    private static TomlNode Into(TomlNode node, string part, int line)
    {
        TomlNode table = node is { Kind: TomlKind.Array, IsOfHeaders: true } ? node.Items[^1] : node;
        return table.Kind is TomlKind.Table && table.Origin is not TomlOrigin.Inline ? table : throw new TomlException(line, $"{part} is no table that this could be below");
    }

    private static TomlNode Element(TomlNode table, string name, int line)
    {
        TomlNode array = table.Find(name) ?? table.Add(name, new TomlNode(TomlKind.Array, line) { IsOfHeaders = true });
        if (array is not { Kind: TomlKind.Array, IsOfHeaders: true })
        {
            throw new TomlException(line, $"{name} is no array of tables");
        }

        var element = new TomlNode(TomlKind.Table, line) { Origin = TomlOrigin.Header };
        array.Items.Add(element);
        return element;
    }

    private static TomlNode Define(TomlNode table, string name, int line)
    {
        if (table.Find(name) is not { } present)
        {
            return table.Add(name, new TomlNode(TomlKind.Table, line) { Origin = TomlOrigin.Header });
        }

        if (present is not { Kind: TomlKind.Table, Origin: TomlOrigin.Implied })
        {
            throw new TomlException(line, $"{name} is there already, in line {present.Line}");
        }

        present.Origin = TomlOrigin.Header;
        return present;
    }

    private void Pair(TomlNode table, int depth)
    {
        int line = _text.Line;
        List<string> key = Key();
        _text.Expect('=', $"behind the key {key[^1]} there is no =");
        foreach (string part in key[..^1])
        {
            TomlNode next = table.Find(part) ?? table.Add(part, new TomlNode(TomlKind.Table, line) { Origin = TomlOrigin.Dotted });
            table = next is { Kind: TomlKind.Table, Origin: TomlOrigin.Dotted }
                ? next : throw new TomlException(line, $"{part} is there already, in line {next.Line}");
        }

        if (table.Find(key[^1]) is { } present)
        {
            throw new TomlException(line, $"{key[^1]} is there already, in line {present.Line}");
        }

        _text.SkipBlanks();
        table.Add(key[^1], Value(depth));
    }

    private List<string> Key()
    {
        List<string> parts = [];
        do
        {
            _text.SkipBlanks();
            parts.Add(_text.Current switch
            {
                '"' when !_text.IsAt("\"\"\"") => TomlStrings.Basic(_text),
                '\'' when !_text.IsAt("'''") => TomlStrings.Literal(_text),
                _ => _text.BareKey(),
            });
            _text.SkipBlanks();
            if (parts.Count > Deepest)
            {
                throw new TomlException(_text.Line, $"more than {Deepest} parts of a key");
            }
        }
        while (_text.Take('.'));
        return parts;
    }

    private TomlNode Value(int depth)
    {
        if (depth > Deepest)
        {
            throw new TomlException(_text.Line, $"more than {Deepest} levels of arrays and tables");
        }

        int line = _text.Line;
        return _text.Current switch
        {
            '[' => Array(line, depth),
            '{' => Inline(line, depth),
            '"' => new TomlNode(TomlKind.String, line, _text.IsAt("\"\"\"") ? TomlStrings.LongBasic(_text) : TomlStrings.Basic(_text)),
            '\'' => new TomlNode(TomlKind.String, line, _text.IsAt("'''") ? TomlStrings.LongLiteral(_text) : TomlStrings.Literal(_text)),
            _ => TomlValues.Read(_text.Bare(), line),
        };
    }

    private TomlNode Array(int line, int depth)
    {
        var array = new TomlNode(TomlKind.Array, line);
        _text.Next();
        while (true)
        {
            _text.SkipBlankLines();
            if (_text.Take(']'))
            {
                return array;
            }

            array.Items.Add(Value(depth + 1));
            _text.SkipBlankLines();
            if (!_text.Take(','))
            {
                _text.Expect(']', $"the array that begins in line {line} ends with ]");
                return array;
            }
        }
    }

    private TomlNode Inline(int line, int depth)
    {
        var table = new TomlNode(TomlKind.Table, line) { Origin = TomlOrigin.Dotted };
        _text.Next();
        _text.SkipBlanks();
        if (!_text.Take('}'))
        {
            do
            {
                Pair(table, depth + 1);
                _text.SkipBlanks();
            }
            while (_text.Take(','));
            _text.Expect('}', "an inline table ends with }, in the same line");
        }

        Close(table);
        return table;
    }

    // What is in braces is complete, also what its dotted keys have made.
    private static void Close(TomlNode table)
    {
        table.Origin = TomlOrigin.Inline;
        foreach (string key in table.Keys)
        {
            if (table.Find(key) is { Kind: TomlKind.Table, Origin: TomlOrigin.Dotted } below)
            {
                Close(below);
            }
        }
    }
}
