namespace Cdp.Destinations.Fql;

/// <summary>An invalid FQL statement, with the place of the fault and how to fix it.</summary>
public sealed class FqlException(string message, int line, int column) : Exception($"line {line}, column {column}: {message}")
{
    /// <summary>Line of the fault, counted from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Column of the fault in characters, counted from 1.</summary>
    public int Column { get; } = column;
}
