namespace Cdp.Functions.Contracts;

/// <summary>A user's function: its code, and what it is given. Immutable: changed code is a new definition, and a new <see cref="UserFunction"/>.</summary>
/// <param name="Name">The name, for errors and stack traces, such as the file name without <c>.js</c>.</param>
/// <param name="Code">An ES module. Functions of the Segment contract need no <c>export</c>.</param>
public sealed record FunctionDefinition(string Name, string Code)
{
    /// <summary>What the function is used for.</summary>
    public FunctionUse Use { get; init; } = FunctionUse.Transformation;

    /// <summary>The modules that <c>import {f} from "name"</c> finds: name to code.</summary>
    public IReadOnlyDictionary<string, string> Libraries { get; init; } = new Dictionary<string, string>();

    /// <summary>The <c>settings</c> of the Segment contract: a JSON object.</summary>
    public string Settings { get; init; } = "{}";

    /// <summary>What <c>getCredential(key)</c> answers.</summary>
    public IReadOnlyDictionary<string, string> Credentials { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a function is used for.</summary>
public enum FunctionUse
{
    /// <summary>The function returns the events that take the place of its input.</summary>
    Transformation,

    /// <summary>The function delivers the event itself, with <c>fetch</c>. What it returns for an event is ignored.</summary>
    Destination,
}
