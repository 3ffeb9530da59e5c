namespace Hydra.Configuration;

/// <summary>The text of a TOML document, and a place in it. The end looks like a NUL, which no document may have.</summary>
/// <param name="text">The text.</param>
internal sealed class TomlText(string text)
{
    private int _place;

    /// <summary>The line of the place, from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>Whether everything was read.</summary>
    public bool IsAtEnd => _place >= text.Length;

    /// <summary>The character at the place.</summary>
    public char Current => _place < text.Length ? text[_place] : '\0';

    /// <summary>Whether this is what follows.</summary>
    public bool IsAt(string what) => text.AsSpan(_place).StartsWith(what, StringComparison.Ordinal);

    /// <summary>The character so far behind the place.</summary>
    public char Ahead(int count) => _place + count < text.Length ? text[_place + count] : '\0';

    /// <summary>Goes on by one character, and gives it.</summary>
    public char Next()
    {
        char c = Current;
        if (IsAtEnd)
        {
            throw Wrong("the file ends in the middle of something");
        }

        _place++;
        Line += c == '\n' ? 1 : 0;
        return c;
    }

    /// <summary>Takes a character if it is there.</summary>
    public bool Take(char wanted)
    {
        bool isThere = !IsAtEnd && Current == wanted;
        _place += isThere ? 1 : 0;
        return isThere;
    }

    /// <summary>Takes a character that has to be there, behind blanks.</summary>
    public void Expect(char wanted, string rule)
    {
        if (!Take(wanted))
        {
            throw Wrong(rule);
        }
    }

    /// <summary>Skips blanks and tabs.</summary>
    public void SkipBlanks()
    {
        while (Current is ' ' or '\t')
        {
            _place++;
        }
    }

    /// <summary>Skips blanks, comments and the ends of lines.</summary>
    public void SkipBlankLines()
    {
        while (true)
        {
            SkipBlanks();
            Comment();
            if (!LineEnd())
            {
                return;
            }
        }
    }

    /// <summary>The line ends here, but for a comment.</summary>
    public void EndLine()
    {
        SkipBlanks();
        Comment();
        if (!IsAtEnd && !LineEnd())
        {
            throw Wrong($"something follows that does not belong to the line: {Shown()}");
        }
    }

    /// <summary>Takes the end of a line, if one is there.</summary>
    public bool LineEnd()
    {
        if (IsAt("\r\n"))
        {
            _place++;
        }

        if (Current != '\n')
        {
            return false;
        }

        Next();
        return true;
    }

    /// <summary>A key without quotation marks.</summary>
    public string BareKey()
    {
        int start = _place;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '-' or '_')
        {
            _place++;
        }

        return _place > start ? text[start.._place] : throw Wrong(IsAtEnd || Current is '\n' or '\r' ? "a key is missing" : $"{Shown()} is no key; write it in quotation marks");
    }

    /// <summary>What is no string, array or table, up to where it ends.</summary>
    public string Bare()
    {
        int start = _place;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '+' or '-' or '_' or '.' or ':')
        {
            _place++;
        }

        // Between a date and its time there may be a blank.
        if (_place - start == 10 && text[start + 4] == '-' && Current == ' ' && _place + 1 < text.Length && char.IsAsciiDigit(text[_place + 1]))
        {
            _place++;
            while (char.IsAsciiDigit(Current) || Current is '+' or '-' or '.' or ':' or 'Z' or 'z')
            {
                _place++;
            }
        }

        return _place > start ? text[start.._place] : throw Wrong(IsAtEnd || Current is '\n' or '\r' or '#' ? "the value is missing" : $"{Shown()} is no value");
    }

    /// <summary>An error at the place.</summary>
    public TomlException Wrong(string message) => new(Line, message);

    private void Comment()
    {
        if (Current != '#')
        {
            return;
        }

        while (!IsAtEnd && Current != '\n' && !IsAt("\r\n"))
        {
            if (IsControl(Current))
            {
                throw Wrong("a comment has a control character");
            }

            _place++;
        }
    }

    /// <summary>Whether a character must not stand in strings and comments.</summary>
    public static bool IsControl(char c) => c is < ' ' and not '\t' or '\x7f';

    private string Shown() => $"\"{text.AsSpan(_place, Math.Min(20, text.Length - _place)).ToString().Split('\n')[0].TrimEnd()}\"";
}
