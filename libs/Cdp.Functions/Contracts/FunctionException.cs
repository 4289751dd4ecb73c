namespace Cdp.Functions.Contracts;

/// <summary>Code that is not a function: a syntax error, no handler, or an error while it was loaded.</summary>
/// <param name="message">What is wrong, and the remedy.</param>
/// <param name="module">The name of the function or library; null if unknown.</param>
/// <param name="line">The line, from 1; null if unknown.</param>
/// <param name="column">The column in characters, from 1; null if unknown.</param>
public sealed class FunctionException(string message, string? module = null, int? line = null, int? column = null)
    : Exception(line is null ? message : $"{module}.js, line {line}, column {column}: {message}")
{
    /// <summary>The message without the place.</summary>
    public string Fault { get; } = message;

    /// <summary>The name of the function or library; null if unknown.</summary>
    public string? Module { get; } = module;

    /// <summary>The line, from 1; null if unknown.</summary>
    public int? Line { get; } = line;

    /// <summary>The column in characters, from 1; null if unknown.</summary>
    public int? Column { get; } = column;
}
