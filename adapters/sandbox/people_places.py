"""The companies of the demo's world and the names, titles and pages that its people are made of. All are invented."""

import unicodedata
from dataclasses import dataclass

SITE = "https://www.brightledger.example"
PRICING = f"{SITE}/pricing"
DEMO = f"{SITE}/demo"
BLOG = tuple(
    f"{SITE}/blog/{slug}"
    for slug in (
        "month-end-in-three-days",
        "cash-forecast-basics",
        "approvals-without-email",
        "purchase-orders-that-match",
        "what-a-controller-reads",
        "stock-and-ledger",
    )
)
DEMO_REQUEST = "Demo request"
PRICING_GUIDE = "Pricing guide"
WEBINAR = "Webinar: closing the books faster"
NEWSLETTER = "Newsletter"
RAFFLE = "Trade fair raffle"
FORM_PAGES = {
    DEMO_REQUEST: DEMO,
    PRICING_GUIDE: PRICING,
    WEBINAR: f"{SITE}/webinars/closing-the-books",
    NEWSLETTER: f"{SITE}/blog",
    RAFFLE: f"{SITE}/fair",
}


@dataclass(frozen=True, slots=True)
class Company:
    """One company; `industry` is HubSpot's code."""

    name: str
    industry: str
    employees: int
    city: str
    country: str

    @property
    def domain(self) -> str:
        """Its mail domain, which nobody can own."""
        return f"{slug(self.name)}.example"


def slug(text: str) -> str:
    """Lower-case letters and digits, accents taken off."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


_CITIES = {
    "Barcelona": "Spain",
    "Girona": "Spain",
    "Lleida": "Spain",
    "Tarragona": "Spain",
    "Madrid": "Spain",
    "Valencia": "Spain",
    "Sevilla": "Spain",
    "Bilbao": "Spain",
    "Zaragoza": "Spain",
    "Palma": "Spain",
    "Andorra la Vella": "Andorra",
    "Lisboa": "Portugal",
    "London": "United Kingdom",
    "Leeds": "United Kingdom",
    "Dublin": "Ireland",
}
_COMPANIES = """
Llobera Alimentació|FOOD_BEVERAGES|240|Girona
Ferrer i Mas|CONSTRUCTION|85|Lleida
Costa Brava Hotels|HOSPITALITY|620|Girona
Tecnologies Montseny|COMPUTER_SOFTWARE|140|Barcelona
Celler Vallfosca|FOOD_BEVERAGES|38|Tarragona
Grup Sanitari Ponent|HOSPITAL_HEALTH_CARE|910|Lleida
Editorial Garbí|MARKETING_AND_ADVERTISING|27|Barcelona
Paper del Ter|MACHINERY|310|Girona
Nàutica Empordà|RETAIL|18|Girona
Fusteria Puigmal|CONSTRUCTION|44|Girona
Logística Mediterrània|LOGISTICS_AND_SUPPLY_CHAIN|480|Tarragona
Assegurances Pirineu|INSURANCE|165|Andorra la Vella
Formatges Cadí|FOOD_BEVERAGES|72|Lleida
Dades i Núvol|INFORMATION_TECHNOLOGY_AND_SERVICES|96|Barcelona
Tèxtil Vapor Nou|CONSUMER_GOODS|205|Barcelona
Immobiliària Diagonal|REAL_ESTATE|54|Barcelona
Escola Superior del Vallès|EDUCATION_MANAGEMENT|330|Barcelona
Químiques Francolí|MACHINERY|720|Tarragona
Transportes Ebro|TRANSPORTATION_TRUCKING_RAILROAD|390|Zaragoza
Maquinaria Aragonesa|MACHINERY|260|Zaragoza
Aceites Sierra Baja|FOOD_BEVERAGES|130|Sevilla
Constructora Guadalquivir|CONSTRUCTION|870|Sevilla
Naranjas del Turia|FOOD_BEVERAGES|58|Valencia
Cerámicas Levante|CONSUMER_GOODS|410|Valencia
Puerto Logístico Valencia|LOGISTICS_AND_SUPPLY_CHAIN|1350|Valencia
Asesores Gran Vía|ACCOUNTING|65|Madrid
Banca Retiro|FINANCIAL_SERVICES|2400|Madrid
Clínicas Chamberí|HOSPITAL_HEALTH_CARE|540|Madrid
Moda Serrano|RETAIL|780|Madrid
Viajes Castellana|HOSPITALITY|150|Madrid
Consultora Atocha|MANAGEMENT_CONSULTING|88|Madrid
Software Manzanares|COMPUTER_SOFTWARE|210|Madrid
Seguros Cibeles|INSURANCE|1600|Madrid
Aceros Nervión|MACHINERY|650|Bilbao
Astilleros Cantábrico|MACHINERY|940|Bilbao
Energía Gorbea|CONSTRUCTION|175|Bilbao
Conservas Getxo|FOOD_BEVERAGES|115|Bilbao
Hoteles Tramuntana|HOSPITALITY|860|Palma
Calçats Llucmajor|CONSUMER_GOODS|92|Palma
Navieras Balear|TRANSPORTATION_TRUCKING_RAILROAD|430|Palma
Cortiças do Tejo|CONSUMER_GOODS|185|Lisboa
Atlântico Digital|COMPUTER_SOFTWARE|76|Lisboa
Conservas Belém|FOOD_BEVERAGES|220|Lisboa
Imobiliária Alfama|REAL_ESTATE|31|Lisboa
Harrow Bridge Foods|FOOD_BEVERAGES|340|London
Kestrel Payroll|FINANCIAL_SERVICES|125|London
Thames Freight|LOGISTICS_AND_SUPPLY_CHAIN|560|London
Linden Advisory|MANAGEMENT_CONSULTING|48|London
Marlow and Pike|ACCOUNTING|29|London
Northmoor Clinics|HOSPITAL_HEALTH_CARE|690|Leeds
Pennine Tools|MACHINERY|155|Leeds
Aire Valley Retail|RETAIL|830|Leeds
Wharfe Software|COMPUTER_SOFTWARE|64|Leeds
Ridings Estates|REAL_ESTATE|22|Leeds
Liffey Labs|INFORMATION_TECHNOLOGY_AND_SERVICES|190|Dublin
Howth Seafood|FOOD_BEVERAGES|83|Dublin
Clonmore Insurance|INSURANCE|270|Dublin
Phoenix Park Hotels|HOSPITALITY|510|Dublin
Greystone Build|CONSTRUCTION|145|Dublin
Kilmara Media|MARKETING_AND_ADVERTISING|36|Dublin
"""


def _company(line: str) -> Company:
    name, industry, employees, city = line.split("|")
    return Company(name, industry, int(employees), city, _CITIES[city])


COMPANIES = tuple(_company(line) for line in _COMPANIES.strip().splitlines())

#: First and last names by the language of the place.
NAMES = {
    "Spain": (
        (
            "Laura Carlos Ana Javier Lucía Pablo Elena Sergio Carmen Diego Irene Álvaro Rosa Miguel Núria Arnau Montse Oriol "
            "Mireia Joan Gemma Albert Meritxell Ramon Clara Ferran Berta Gerard Judit Sílvia"
        ),
        (
            "García Martínez López Sánchez Pérez Gómez Navarro Torres Ramírez Ortega Serra Vila Puig Soler Bosch Riera Pons "
            "Casals Font Costa Molins Rovira Sala Camps Prat Valls"
        ),
    ),
    "Portugal": ("Inês João Marta Tiago Beatriz Rui Sara Nuno", "Silva Santos Ferreira Costa Almeida Ribeiro Lopes"),
    "English": (
        "Alice Ben Charlotte Daniel Eve Frank Grace Harry Isla Jack Kate Liam Megan Oliver Poppy Ruth Sam Tara",
        "Adams Baker Clarke Doyle Evans Foster Gray Hughes Kelly Lloyd Murphy Nolan Price Reid Turner Walsh",
    ),
}

#: Kind of person → share of the crowd and job titles.
TITLES = {
    "finance": (
        22,
        (
            "Finance Manager",
            "CFO",
            "Financial Controller",
            "Head of Finance",
            "Directora financiera",
            "Director financiero",
            "Responsable financiera",
            "Cap de finances",
            "Treasury Manager",
        ),
    ),
    "operations": (
        20,
        (
            "Operations Manager",
            "COO",
            "Head of Operations",
            "Director de operaciones",
            "Directora de operaciones",
            "Cap d'operacions",
            "Supply Chain Manager",
            "Responsable de operaciones",
            "Plant Manager",
        ),
    ),
    "engineering": (15, ("Software Engineer", "Ingeniera de datos", "Enginyer de sistemes", "DevOps Engineer")),
    "study": (12, ("Student", "Estudiante", "Estudiant de màster", "MBA student")),
    "commerce": (12, ("Marketing Manager", "Responsable de marketing", "Sales Executive", "Comercial")),
    "lead": (9, ("CEO", "Managing Director", "Gerente", "Directora general", "Founder")),
    "other": (10, ("HR Manager", "Office Manager", "Abogada", "Periodista", "")),
}
