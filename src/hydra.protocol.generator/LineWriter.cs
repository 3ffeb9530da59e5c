using System.Text;

namespace Hydra.Protocol.Generator;

/// <summary>Text made of lines that end with LF on every system.</summary>
internal sealed class LineWriter
{
    private readonly StringBuilder _text = new();
    private int _indent;

    /// <summary>Where the next line begins.</summary>
    public int Column => _indent * 4;

    public void Line(string text = "")
    {
        if (text.Length > 0)
        {
            _text.Append(' ', _indent * 4).Append(text);
        }

        _text.Append('\n');
    }

    public void Lines(params string[] lines)
    {
        foreach (string line in lines)
        {
            Line(line);
        }
    }

    public void Open(string head)
    {
        Line(head);
        Line("{");
        Indent();
    }

    public void Close(string tail = "")
    {
        Unindent();
        Line("}" + tail);
    }

    public void Indent() => _indent++;

    public void Unindent() => _indent--;

    public override string ToString() => _text.ToString();
}
