using Acornima;
using Acornima.Ast;
using Cdp.Functions.Contracts;
using Jint;

namespace Cdp.Functions.Scripting;

/// <summary>A parsed function, from which any number of engines are made. Immutable and thread-safe.</summary>
internal sealed class FunctionProgram
{
    private FunctionProgram(
        FunctionDefinition definition, Contract contract, IReadOnlySet<string> handlers, IReadOnlyDictionary<string, Prepared<Module>> modules)
    {
        Definition = definition;
        Contract = contract;
        Handlers = handlers;
        Modules = modules;
    }

    public FunctionDefinition Definition { get; }

    public Contract Contract { get; }

    /// <summary>The handlers that the function has.</summary>
    public IReadOnlySet<string> Handlers { get; }

    /// <summary>The function and its libraries, by name.</summary>
    public IReadOnlyDictionary<string, Prepared<Module>> Modules { get; }

    /// <summary>Parses a function and its libraries.</summary>
    /// <exception cref="FunctionException">A syntax error, or no handler.</exception>
    public static FunctionProgram Parse(FunctionDefinition definition, FunctionLimits limits)
    {
        if (definition.Libraries.ContainsKey(definition.Name))
            throw new FunctionException($"the function {definition.Name} and one of its libraries have the same name: rename the library");
        var main = Prepare(definition.Name, definition.Code, limits);
        var (contract, handlers, notExported) = ContractDetection.Detect(main.Program!, definition);
        // Behind the last line, so that the lines of errors stay those of the user.
        if (notExported.Count > 0) main = Prepare(definition.Name, $"{definition.Code}\nexport {{ {string.Join(", ", notExported)} }};", limits);
        var modules = definition.Libraries.ToDictionary(library => library.Key, library => Prepare(library.Key, library.Value, limits));
        modules.Add(definition.Name, main);
        return new FunctionProgram(definition, contract, handlers, modules);
    }

    private static Prepared<Module> Prepare(string name, string code, FunctionLimits limits)
    {
        var options = ModulePreparationOptions.Default with { ParsingOptions = ModuleParsingOptions.Default with { RegexTimeout = limits.RegexTime } };
        try
        {
            return Engine.PrepareModule(code, name, options);
        }
        catch (ScriptPreparationException e) when (e.InnerException is ParseErrorException fault)
        {
            throw new FunctionException(fault.Description ?? fault.Message, name, fault.LineNumber, fault.Column + 1);
        }
        catch (ScriptPreparationException e)
        {
            // The parser gives up on code that is nested too deeply.
            throw new FunctionException($"{name} cannot be parsed: {e.InnerException?.Message ?? e.Message}");
        }
    }
}
